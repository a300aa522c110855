"""The HTTP library's own log lines show no secrets: neither signatures of URLs nor tokens."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any

from a2e_async._transport.redaction import masked

__all__ = ["masked_logs", "quiet_logs", "sending"]

sending: ContextVar[bool] = ContextVar("sending", default=False)
"""Whether this package is sending a request. What others send with the same library is logged as ever."""

_PARTS = ("connection", "http11", "http2", "proxy", "socks")


class masked_logs:  # noqa: N801 - used like a function, in a `with`
    """Mask what the library logs in the block."""

    def __enter__(self) -> None:
        self._before = sending.set(True)

    def __exit__(self, *_: object) -> None:
        sending.reset(self._before)


class _MaskedLines(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if sending.get():
            record.msg, record.args = masked(record.getMessage()), ()
        return True


_FILTER = _MaskedLines()


def quiet_logs(library: Any, core: Any) -> None:
    """Mask what a library logs about requests of this package.

    Args:
        library: httpx or httpx2.
        core: httpcore or httpcore2.
    """
    # A logger's filter does not see the lines of the loggers below it.
    for name in (library.__name__, *(f"{core.__name__}.{part}" for part in _PARTS)):
        logging.getLogger(name).addFilter(_FILTER)
