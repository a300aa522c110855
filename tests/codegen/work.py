"""Bounds on work that are the same on every machine: the number of calls instead of seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["TooMuchWork", "at_most"]


class TooMuchWork(BaseException):
    """More functions were called than allowed. Nothing catches it by accident."""


@contextmanager
def at_most(calls: int) -> Iterator[None]:
    """Break off as soon as the block has called more functions than this, builtins included.

    Raises:
        TooMuchWork: it has.
    """
    left = calls

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= event in ("call", "c_call")
        if left < 0:
            sys.setprofile(None)
            raise TooMuchWork(f"more than {calls} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
