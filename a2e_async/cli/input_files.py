"""Files that the command line reads: named ones, stdin and pipes."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from a2e_async.errors import InvalidArgument

__all__ = ["readable_twice"]


@contextmanager
def readable_twice(name: str) -> Iterator[Path]:
    """Give a file that can be read twice. Stdin (``-``) and pipes are copied for as long as the block runs.

    Raises:
        InvalidArgument: the file does not exist.
    """
    path = Path(name)
    if name != "-" and path.is_file():
        yield path
        return
    if name != "-" and (not path.exists() or path.is_dir()):
        raise InvalidArgument("FILE", f"{name!r} is not a file")

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "stdin"
        with copy.open("wb") as file:
            if name == "-":
                _copy_stdin(file)
            else:
                with path.open("rb") as pipe:
                    shutil.copyfileobj(pipe, file)
        yield copy


def _copy_stdin(file: BinaryIO) -> None:
    """Copy stdin as bytes, because it may be in another encoding than Python believes."""
    source: TextIO | None = sys.stdin
    if source is None:
        raise InvalidArgument("FILE", "'-' means stdin, which is closed")
    if hasattr(source, "buffer"):
        shutil.copyfileobj(source.buffer, file)
        return
    for line in source:  # stdin was replaced by a text in memory
        file.write(line.encode("utf-8", "surrogatepass"))
