"""Warnings of the package on stderr, such as "cannot connect, try 3": nobody should wait in silence."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from a2e_async.cli.output import print_error

__all__ = ["notices"]

_TRY = re.compile(r"\btry (\d+), again in\b")  # how the package's log counts tries
_SAME_SECONDS = 10.0  # many requests that fail for one reason within this time are one piece of news


class _Notices(logging.Handler):
    """Prints warnings. The same problem is printed again only when more tries were made, or later."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._printed: dict[tuple[str, object], tuple[float, float]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record, unless it is no news."""
        try:
            text = record.getMessage()
        except Exception:
            self.handleError(record)
            return

        given = record.args if isinstance(record.args, tuple) else ()
        tries = next((arg for arg in given if isinstance(arg, int)), 0)
        problem = (record.msg, given[0] if given else None)
        now = time.monotonic()
        last_tries, last = self._printed.get(problem, (-1, -_SAME_SECONDS))
        if tries > last_tries or now - last >= _SAME_SECONDS:
            self._printed[problem] = (tries, now)
            print_error(_TRY.sub(r"trying again (\1) in", text))


@contextmanager
def notices() -> Iterator[None]:
    """Print the package's warnings on stderr while the block runs, above any progress bar."""
    logger = logging.getLogger("a2e_async")
    handler = _Notices()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
