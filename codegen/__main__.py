"""``python -m codegen pull | build | check``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.build import Layout, build
from codegen.check import check
from codegen.document import SpecError
from codegen.pull import DEFAULT_SOURCE, pull

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run one command; 0 when it worked, 1 when it did not or `check` found a difference."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen", description="Make a2e_async/api of the OpenAPI document."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    pulling = commands.add_parser("pull", help="take upstream's document into openapi/upstream.json")
    pulling.add_argument(
        "source", nargs="?", default=DEFAULT_SOURCE, help="URL or file (default: %(default)s)"
    )
    commands.add_parser("build", help="make openapi/a2e.json and a2e_async/api")
    commands.add_parser("check", help="prove that both are what build would make")
    options = parser.parse_args(arguments)
    layout = Layout(root)
    try:
        if options.command == "pull":
            print(pull(options.source, layout.upstream))
        elif options.command == "build":
            for line in build(layout):
                print(line)
        else:
            differences = check(layout)
            for line in differences:
                print(line)
            return 1 if differences else 0
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except RecursionError:
        print("error: a schema of the document is made of itself", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
