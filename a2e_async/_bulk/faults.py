"""Which errors of one job are faults that meet every other job as well. No I/O."""

from __future__ import annotations

import enum
import errno
from collections.abc import Iterator

from a2e_async.errors import DownloadError, InvalidArgument, UploadError
from a2e_async.failures import Failure, cannot_connect, classify, is_permanent_here

__all__ = ["Fault", "cannot_reach", "disk_fault", "machine_at_fault", "service_fault"]

# Failures of a request that the service has not taken. The request may be sent again.
_NOT_TAKEN = (Failure.UNDELIVERED, Failure.REFUSED)
# Errors of a file, which say in their cause what is wrong.
_OF_FILES = (UploadError, DownloadError, InvalidArgument)

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})


class Fault(enum.Enum):
    """A fault that meets every job.

    Attributes:
        PASSING: it may pass by itself.
        LASTING: somebody must mend it.
    """

    PASSING = "passing"
    LASTING = "lasting"


def service_fault(error: BaseException) -> Fault | None:
    """Why no job can be started now, as the error of one start says; None if it concerns this job alone.

    The start has made no task. An error that leaves this open is not a fault in this sense.
    """
    for reason in _reasons(error):
        if is_permanent_here(reason):
            return Fault.LASTING
        if _errno(reason) in _NO_DESCRIPTORS:
            return Fault.PASSING
        not_taken = classify(reason) in _NOT_TAKEN if reason is error else cannot_connect(reason)
        if not_taken:
            return Fault.PASSING
    return None


def disk_fault(error: BaseException) -> Fault | None:
    """Why no file can be read or written now, as far as the error of one file says it."""
    for reason in _reasons(error):
        if _errno(reason) in _NO_ROOM | _NO_DESCRIPTORS:
            return Fault.PASSING
        if _errno(reason) == errno.EROFS:
            return Fault.LASTING
    return None


def cannot_reach(error: BaseException) -> bool:
    """Whether the host of one file could not be reached."""
    return any(is_permanent_here(reason) or cannot_connect(reason) for reason in _causes(error))


def machine_at_fault(error: BaseException) -> bool:
    """Whether an error was caused by this machine or its settings, so that somebody must mend them."""
    return any(is_permanent_here(reason) for reason in _causes(error))


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """The error, and what caused it if it is that of a file."""
    return _causes(error) if isinstance(error, _OF_FILES) else iter((error,))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _errno(error: BaseException) -> int | None:
    return error.errno if isinstance(error, OSError) else None
