"""Where the contents of open files begin, while one or several uploads read them."""

from __future__ import annotations

import contextlib
import threading
from typing import BinaryIO

__all__ = ["Position", "begin_reading", "end_reading"]


class Position:
    """Where the content of an open file begins, while it is being read.

    Several uploads may read the same file object, each in its own thread, and it has one position. So each
    read seeks first, under the lock, and the first upload to come notes where the content begins.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.lock = threading.Lock()
        self.readers = 0


_positions: dict[int, Position] = {}
_positions_lock = threading.Lock()


def begin_reading(file: BinaryIO) -> Position:
    """Note a reader of a file.

    Raises:
        Exception: the file does not tell its position; of whatever library it is.
    """
    with _positions_lock:
        position = _positions.get(id(file)) or Position(file.tell())
        _positions[id(file)] = position
        position.readers += 1
        return position


def end_reading(file: BinaryIO) -> None:
    """Forget a reader of a file. The last one leaves it where it was."""
    with _positions_lock:
        position = _positions[id(file)]
        position.readers -= 1
        if not position.readers:
            del _positions[id(file)]
            with contextlib.suppress(Exception):  # it may be closed by now
                file.seek(position.start)
