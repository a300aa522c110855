"""What the tests of the command line share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from a2e_async.sandbox import Sandbox

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 64


@attrs.frozen
class Ended:
    """How a command ended.

    Attributes:
        code: its exit code.
        out: the lines on stdout.
        err: the lines on stderr.
    """

    code: int
    out: list[str]
    err: list[str]

    @property
    def facts(self) -> list[Any]:
        """The JSON lines."""
        return [json.loads(line) for line in self.out]

    def cells(self, first: str) -> list[str]:
        """The text after the first cell, of every line that starts with this cell."""
        return [line.partition("\t")[2] for line in self.out if line.partition("\t")[0] == first]


Run = Callable[..., Ended]


def body_of(sandbox: Sandbox) -> Any:
    """The body of the last task's start."""
    return sandbox.call(lambda world: list(world.tasks.values())[-1].body)


def jsonl(path: Path, lines: list[Any]) -> str:
    """Write JSON lines, with empty lines between them; returns the file's name."""
    path.write_text("\n\n".join(json.dumps(line) for line in lines) + "\n")
    return str(path)
