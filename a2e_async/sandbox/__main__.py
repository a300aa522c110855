"""``python -m a2e_async.sandbox``: serves a local A2E to other programs until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from a2e_async.sandbox.clock import SandboxClock, ScaledClock, VirtualClock
from a2e_async.sandbox.faults import Faults
from a2e_async.sandbox.server import Sandbox

__all__ = ["main", "parse_faults"]

SELECTORS = ("missing_route", "operations")


def parse_faults(text: str) -> tuple[Faults, ...]:
    """Parse the value of ``--faults``: JSON (an object or a list), a file of JSON, or ``kind=number,…``.

    Raises:
        argparse.ArgumentTypeError: the text or the file is invalid.
    """
    try:
        return _read_faults(text)
    except (OSError, ValueError, TypeError) as problem:
        raise argparse.ArgumentTypeError(f"{text!r}: {problem}") from problem


def _read_faults(text: str) -> tuple[Faults, ...]:
    if not text.lstrip().startswith(("{", "[")) and "=" not in text:
        text = Path(text).read_text()

    if text.lstrip().startswith(("{", "[")):
        raw = json.loads(text)
        return tuple(Faults.from_json(rule) for rule in (raw if isinstance(raw, list) else [raw]))
    pairs = ",".join(part for part in text.split(",") if part)
    return (Faults.from_json(_parse_pairs(pairs) if pairs else {}),)


def _parse_pairs(text: str) -> dict[str, Any]:
    """``kind=number,…`` as a dict. Selectors, as of ``missing_route``, are joined by ``+``."""
    pairs = (part.partition("=") for part in text.split(","))
    return {
        name.strip(): tuple(value.split("+")) if name.strip() in SELECTORS else float(value)
        for name, _, value in pairs
    }


def _parse_numbers(text: str) -> dict[str, float]:
    """``name=number,…`` as a dict."""
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): float(number) for name, _, number in pairs}


def _make_parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A local A2E: every operation of the API over real sockets, with faults on demand.",
    )

    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8249, help="port; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument("--separate-files", action="store_true", help="serve files on a second port")
    parser.add_argument("--prefix", default="", help="path below which the API lives")
    parser.add_argument("--json", action="store_true", help="print URL and token as one line of JSON")

    parser.add_argument("--speed", type=float, default=1.0, help="seconds of its clock per real second")
    parser.add_argument(
        "--virtual",
        action="store_true",
        help="a clock that does not move until POST /sandbox/clock advances it",
    )

    parser.add_argument(
        "--faults",
        type=parse_faults,
        default=(),
        metavar="RULES",
        help="no_id=0.1,late_output=0.2,missing_route=batch+list,… or JSON or a file of JSON; "
        "see a2e_async.sandbox.Faults",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="seed of everything that is drawn at random (default: %(default)s)",
    )

    parser.add_argument("--token", help="the API token that works (default: one is made)")
    parser.add_argument("--coins", type=int, default=1_000_000, help="the balance (default: %(default)s)")
    parser.add_argument(
        "--durations",
        type=_parse_numbers,
        default={},
        metavar="WORKFLOW=SECONDS,…",
        help="how long tasks take; * means every other workflow",
    )
    parser.add_argument("--document", help="another OpenAPI document to play")
    return parser


def main(arguments: Sequence[str] | None = None, *, program: str = "python -m a2e_async.sandbox") -> int:
    """Serve until interrupted. Returns the exit code.

    Args:
        arguments: the command line; None for that of the process.
        program: what errors begin with.
    """
    parser = _make_parser(program)
    try:
        given = parser.parse_args(arguments)
        clock: SandboxClock = VirtualClock() if given.virtual else ScaledClock(given.speed)
        options: dict[str, Any] = {
            name: getattr(given, name)
            for name in ("host", "port", "separate_files", "faults", "seed", "token", "coins", "durations")
        }
        sandbox = Sandbox(clock=clock, document=given.document, prefix=given.prefix, **options)

        with _until_interrupted() as interrupted, sandbox:
            _announce(sandbox, as_json=given.json)
            interrupted.wait()
    except (OSError, ValueError) as problem:
        parser.exit(2, f"{parser.prog}: {problem}\n")
    return 0


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set meanwhile."""
    interrupted = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: interrupted.set()) for number in numbers]
    try:
        yield interrupted
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _announce(sandbox: Sandbox, *, as_json: bool) -> None:
    if as_json:
        line = json.dumps({"url": sandbox.url, "token": sandbox.token, "files": sandbox.files_origin})
    else:
        line = (
            f"A2E sandbox at {sandbox.url} (Ctrl-C ends it). To use it:\n"
            f"export A2E_BASE_URL={sandbox.url}\nexport A2E_API_TOKEN={sandbox.token}"
        )
    if sys.stdout is None:
        return  # started with a closed stdout

    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
