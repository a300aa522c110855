"""The results of a bulk run: an Outcome for each job, and a Summary of the run. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Self

import attrs

from a2e_async.display import Displayed
from a2e_async.errors import InvalidArgument, portable
from a2e_async.hints import Hinted
from a2e_async.jobs import Job
from a2e_async.plain import Plain, as_plain
from a2e_async.protocols import Client
from a2e_async.records import TaskRecordT_co
from a2e_async.tasks import Result

__all__ = ["Counts", "Outcome", "Summary", "WorkflowSummary"]


@attrs.frozen(eq=False, repr=False)
class Outcome(Plain, Displayed, Hinted, Generic[TaskRecordT_co]):
    """How one job of a bulk run ended.

    It can be pickled and copied. Pickled, its job and result leave their client behind; see `with_client`.

    Attributes:
        job: the Job.
        index: its position in the input, from 0; in an open run, how many jobs came before it.
        key: the key that identifies it in the journal. Without a journal, the job's own key or None; an open
            run derives one.
        result: the Result; None if there is none.
        error: why there is no Result, or why its files could not be downloaded; None if all went well.
            Usually an `A2EError`; any other exception is a bug, here or in the caller's code.
        paths: the downloaded files: each a `Path`; in an object store its address, a str such as
            "s3://bucket/out/cat.mp4".
        attempts: accepted starts, earlier runs included.
        replayed: the job had already ended, in an earlier run or before an open run was asked again; this
            Outcome comes from the journal, or from the memory of the open run.
    """

    job: Job[TaskRecordT_co]
    index: int
    key: str | None = None
    result: Result[TaskRecordT_co] | None = None
    error: Exception | None = None
    paths: Sequence[Path | Any] = ()
    attempts: int = 0
    replayed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON has it. Of the job it names the workflow and the key."""
        return {
            "index": self.index,
            "key": self.key,
            "workflow": self.job.family,
            "result": as_plain(self.result),
            "error": as_plain(self.error),
            "paths": as_plain(self.paths),
            "attempts": self.attempts,
            "replayed": self.replayed,
        }

    def urls_for(self, field: str) -> Sequence[str]:
        """The URLs that fit a field of another job; see `Result.urls_for`.

        Raises:
            InvalidArgument: there is no Result, or it has no such file.
        """
        if self.result is None:
            why = f"{type(self.error).__name__}: {self.error}" if self.error else "no reason is known"
            raise InvalidArgument(field, f"the job {self.key or self.index} has no Result ({why})")
        return self.result.urls_for(field)

    def with_client(self, client: Client) -> Self:
        """Return the outcome with a client for its job and its result; see `Task.with_client`."""
        result = self.result.with_client(client) if self.result else None
        return attrs.evolve(self, job=self.job.with_client(client), result=result)

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        if self.error is not None:
            fields["error"] = portable(self.error)
        return _unpickled, (fields,)


def _unpickled(fields: Mapping[str, Any]) -> Outcome:
    return Outcome(**fields)


@attrs.frozen
class WorkflowSummary(Plain):
    """A bulk run in numbers, for one workflow.

    Attributes:
        done: jobs with a Result.
        failed: jobs without a Result.
        coins: coins charged in this run, failed tasks included, as far as the service reports them.
        mean_duration: mean time in seconds from acceptance to the result, for jobs done in this run.
        longest_duration: the longest of these times, in seconds.
        errors: the number of jobs that ended with each type of error.
    """

    done: int = 0
    failed: int = 0
    coins: float = 0.0
    mean_duration: float = 0.0
    longest_duration: float = 0.0
    errors: Mapping[str, int] = attrs.field(factory=dict[str, int])


@attrs.frozen(repr=False)
class Summary(Plain, Displayed):
    """A bulk run in numbers.

    Attributes:
        jobs: jobs with an Outcome.
        done: jobs with a Result.
        failed: jobs without a Result.
        replayed: jobs whose Outcome came from the journal.
        skipped: jobs without an Outcome because an earlier run had finished them.
        retried: tasks started again after a failure.
        not_started: jobs that were read but not started because the run stopped. Later jobs were not read.
        left: jobs that were started by an earlier run and are missing in this run's input.
        coins: coins charged in this run, as far as the service reports them.
        requests: API requests that the client sent during the run.
        workflows: the numbers of each workflow, by its name.
        stopped: why the run stopped starting jobs; None if it did not.
    """

    jobs: int
    done: int
    failed: int
    replayed: int
    skipped: int
    retried: int
    not_started: int
    left: int
    coins: float
    requests: int
    workflows: Mapping[str, WorkflowSummary]
    stopped: Exception | None

    def __reduce__(self) -> tuple[Any, ...]:
        stopped = self.stopped and portable(self.stopped)
        fields = [getattr(self, field.name) for field in attrs.fields(type(self)) if field.name != "stopped"]
        return Summary, (*fields, stopped)


@attrs.define
class _Tally:
    done: int = 0
    failed: int = 0
    coins: float = 0.0
    timed: int = 0
    durations: float = 0.0
    longest: float = 0.0
    errors: Counter[str] = attrs.field(factory=Counter[str])

    def summary(self) -> WorkflowSummary:
        return WorkflowSummary(
            self.done,
            self.failed,
            self.coins,
            self.durations / self.timed if self.timed else 0.0,
            self.longest,
            dict(self.errors),
        )


class Counts:
    """Counts what happens in a run, in constant memory."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self.listeners: list[Callable[[Outcome], None]] = []
        self.replayed = 0
        self.skipped = 0
        self.retried = 0
        self.not_started = 0

    def add_coins(self, workflow: str, coins: float) -> None:
        """Count the coins of an accepted start."""
        self._tally(workflow).coins += coins

    def add_outcome(self, outcome: Outcome) -> None:
        """Count a job that has ended, and tell the listeners."""
        for listener in self.listeners:
            listener(outcome)

        tally = self._tally(outcome.job.workflow.name)
        self.replayed += outcome.replayed

        if outcome.error is not None:
            tally.errors[type(outcome.error).__name__] += 1
        if outcome.result is None:
            tally.failed += 1
            return

        tally.done += 1
        if not outcome.replayed:
            tally.timed += 1
            tally.durations += outcome.result.elapsed
            tally.longest = max(tally.longest, outcome.result.elapsed)

    @property
    def coins(self) -> float:
        """Coins charged so far."""
        return sum(tally.coins for tally in self._tallies.values())

    def summary(self, *, requests: int, left: int, stopped: Exception | None) -> Summary:
        """The numbers so far.

        Args:
            requests: API requests sent.
            left: started jobs that the input did not name.
            stopped: why the run stopped starting jobs, or None.
        """
        done = sum(tally.done for tally in self._tallies.values())
        failed = sum(tally.failed for tally in self._tallies.values())

        return Summary(
            jobs=done + failed,
            done=done,
            failed=failed,
            replayed=self.replayed,
            skipped=self.skipped,
            retried=self.retried,
            not_started=self.not_started,
            left=left,
            coins=self.coins,
            requests=requests,
            workflows={name: tally.summary() for name, tally in sorted(self._tallies.items())},
            stopped=stopped,
        )

    def _tally(self, workflow: str) -> _Tally:
        return self._tallies.setdefault(workflow, _Tally())
