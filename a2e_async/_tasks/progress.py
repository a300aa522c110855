"""How far one start has come, so that whatever ends it early can name what goes on at the service."""

from __future__ import annotations

import copy
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from a2e_async.errors import (
    A2EError,
    APIError,
    ConfigurationError,
    RequestTimeout,
    SubmissionUncertain,
    TransportError,
    WaitTimeout,
)
from a2e_async.records import JSONObject

if TYPE_CHECKING:
    from a2e_async._tasks.start_watch import Watch

__all__ = ["Progress"]

logger = logging.getLogger("a2e_async")

Accepted = Callable[[Sequence[JSONObject]], Awaitable[None]]


class StartedJob(Protocol):
    """The part of a Job that `Progress` uses."""

    @property
    @abstractmethod
    def family(self) -> str:
        """The name of the job's workflow."""

    @abstractmethod
    def task(self, records: Sequence[JSONObject], *, born: float | None = None) -> Any:
        """Make the Task of a start of the job."""


class Progress:
    """How far the start of one job has come.

    Args:
        job: the job.
        marker: the marker to use; a new one by default.
        accepted: what to call when the service has accepted the start. If given, cancellation does not
            interrupt the request.
        awaited: whether the caller waits for the task as soon as it is accepted.

    Attributes:
        marker: the marker that was sent last, or is to be used.
        task: the Task that was accepted, None until then.
    """

    def __init__(
        self,
        job: StartedJob,
        marker: str | None = None,
        accepted: Accepted | None = None,
        *,
        awaited: bool = False,
    ) -> None:
        self.marker = marker
        self._job = job
        self._accepted = accepted
        self._awaited = awaited
        self._unanswered = False
        self.task: Any = None

    def watch(self) -> Watch:
        """Return the callbacks that follow the start."""
        from a2e_async._tasks.start_watch import Watch

        async def sending(marker: str | None) -> None:
            self.marker, self._unanswered = marker, True

        async def refused() -> None:
            self._unanswered = False

        async def accepted(records: Sequence[JSONObject]) -> None:
            self.task, self._unanswered = self._job.task(records), False
            if self._accepted is not None:
                await self._accepted(records)

        return Watch(accepted, sending, refused, interruptible=self._accepted is None, awaited=self._awaited)

    def timed_out(self, timeout: float) -> A2EError:
        """The error of a job that has not ended in time. It holds the task, or else the marker."""
        family = self._job.family

        if self.task is not None:
            return WaitTimeout(
                f"{self.task!r} has not ended within {timeout:g} s; it goes on", task=self.task
            )
        if not self._unanswered:
            return RequestTimeout(
                f"{family}: nothing was started within {timeout:g} s, and nothing was charged"
            )
        return SubmissionUncertain(
            f"{family}: the start was not answered within {timeout:g} s; {self._what_to_look_for()}",
            job=self._job,
            marker=self.marker,
        )

    @contextmanager
    def named_if_cancelled(self) -> Iterator[None]:
        """If the block is cancelled from outside, say what goes on: in the exception's notes and the log.

        An error of a request of the wait says it too: it is not the task that has failed.
        """
        try:
            yield
        except (APIError, ConfigurationError, TransportError) as error:
            if self.task is None:
                raise

            # A copy, because all jobs that waited for the same reply have the same error.
            told = copy.copy(error)
            told.args = (f"{error}; {self._what_goes_on()}",)
            raise told.with_traceback(error.__traceback__) from error.__cause__

        except Exception:
            raise
        except BaseException as cancelled:
            note = self._what_goes_on()
            if note:
                cancelled.add_note(note)
                logger.warning("%s: cancelled; %s", self._job.family, note)
            raise

    def _what_goes_on(self) -> str:
        if self.task is not None:
            ids = ", ".join(self.task.ids)
            again = f"a2e.{self._job.family}.task({self.task.id!r})"
            return f"task {ids} goes on and is paid for; {again} takes it up"
        return f"the start was sent and not answered; {self._what_to_look_for()}" if self._unanswered else ""

    def _what_to_look_for(self) -> str:
        look = f"look for {self.marker!r} in" if self.marker else "look for its inputs in"
        return f"it may have made a task: {look} the list of {self._job.family} before starting again"
