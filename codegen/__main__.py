"""``python -m codegen regenerate | diff | pull | build | check | reviewed | learn``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.build import Layout, build, reviewed
from codegen.changes.matching import RULE
from codegen.changes.report import BUMP_RULE
from codegen.check import check
from codegen.diff import diff
from codegen.document.pull import DEFAULT_SOURCE, pull
from codegen.document.tree import SpecError
from codegen.learn.learn import learn
from codegen.regenerate import regenerate

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run one command.

    Returns: 0, or 1 if the command failed or `check` found a difference.
    """
    options = _parser().parse_args(arguments)

    try:
        lines = _run(options, Layout(root))
    except (SpecError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1

    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        sys.stdout = None

    return 1 if options.command == "check" and lines else 0


def _run(options: argparse.Namespace, layout: Layout) -> list[str]:
    match options.command:
        case "regenerate":
            return regenerate(layout, options.source, unmatched=options.unmatched)

        case "diff":
            report = diff(layout, options.old, options.new)
            return [report.json() if options.json else report.text()]
        case "pull":
            return [pull(options.source, layout.upstream)]
        case "build":
            return build(layout, unmatched=options.unmatched)
        case "reviewed":
            return reviewed(layout)
        case "learn":
            return learn(layout, options.files, options.to)

    return check(layout)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m codegen", description="Generate a2e_async/api from the OpenAPI document."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    everything = commands.add_parser(
        "regenerate", help="pull, build and report changes; replaces all files together or none"
    )
    pulling = commands.add_parser("pull", help="copy upstream's document into openapi/upstream.json")
    for one in (everything, pulling):
        one.add_argument(
            "source", nargs="?", default=DEFAULT_SOURCE, help="URL or file (default: %(default)s)"
        )

    building = commands.add_parser("build", help="write openapi/a2e.json, a2e_async/api and docs/resources")
    for one in (everything, building):
        one.add_argument(
            "--unmatched",
            choices=("error", "drop"),
            default="error",
            help="overlay actions that match nothing: refuse (default), or leave out with a note",
        )

    comparing = commands.add_parser(
        "diff",
        help="report what changed between two documents for users of the SDK",
        description=f"Report what changed for users of the SDK. Versions: {BUMP_RULE}. Renames: {RULE}",
    )
    comparing.add_argument(
        "old",
        nargs="?",
        default="HEAD",
        help="an upstream document or an a2e.json: a file, or REVISION or REVISION:path of git "
        "(default: %(default)s)",
    )
    comparing.add_argument("new", nargs="?", default="", help="the same (default: the current a2e.json)")
    comparing.add_argument("--json", action="store_true", help="print JSON")

    commands.add_parser(
        "reviewed",
        help="say that overlay.yaml holds as it is: forgets what upstream has changed under it, and builds",
    )
    learning = commands.add_parser(
        "learn",
        help="say where shapes of replies, as A2E(shapes=...) collects them, contradict the document",
        description="Say where shapes of replies contradict the document or have more, and write the actions "
        "that mend it. Read them, put them at the end of openapi/overlay.yaml, and build.",
    )
    learning.add_argument("files", nargs="+", type=Path, help="files of shapes; they are added up")
    learning.add_argument("--to", type=Path, help="a YAML file for the actions (default: print them)")
    commands.add_parser("check", help="check that these are what build would write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
