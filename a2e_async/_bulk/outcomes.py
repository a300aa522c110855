"""What a bulk run gives: an Outcome for each job, and a summary of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from a2e_async.jobs import Job, Result

__all__ = ["Outcome", "Summary", "WorkflowSummary"]


@attrs.frozen(eq=False)
class Outcome:
    """What became of one job of a bulk run.

    Attributes:
        job: the Job.
        index: its place in the input, from 0.
        key: what the journal recognises it by; None without a journal.
        result: the Result, or None.
        error: why there is none, or why its files could not be downloaded; or None. An `A2EError`, unless
            something is broken that this package does not know of.
        paths: the downloaded files.
        attempts: starts that were accepted, earlier runs included.
        replayed: the job had ended in an earlier run; this comes from the journal.
    """

    job: Job[Any]
    index: int
    key: str | None = None
    result: Result[Any] | None = None
    error: Exception | None = None
    paths: Sequence[Path] = ()
    attempts: int = 0
    replayed: bool = False


@attrs.frozen
class WorkflowSummary:
    """A bulk run in numbers, for one workflow.

    Attributes:
        done, failed: jobs.
        coins: charged in this run, failed tasks included, as far as the replies tell.
        mean_duration, longest_duration: seconds from acceptance until noticed, of the jobs done in this run.
        errors: how many jobs ended with each type of error.
    """

    done: int = 0
    failed: int = 0
    coins: float = 0.0
    mean_duration: float = 0.0
    longest_duration: float = 0.0
    errors: Mapping[str, int] = attrs.field(factory=dict[str, int])


@attrs.frozen
class Summary:
    """A bulk run in numbers.

    Attributes:
        jobs: jobs whose Outcomes were made.
        done, failed: of these.
        replayed: of these, how many came from the journal.
        skipped: jobs without an Outcome, because an earlier run had finished them.
        retried: tasks started again after they had failed.
        not_started: jobs that were read but not started, because the run stopped; nor were those after them.
        left: jobs that the journal knows as started and that this run's input did not name.
        coins: charged in this run, as far as the replies tell.
        requests: API requests that the client has sent meanwhile.
        workflows: the same by workflow.
        stopped: why no more jobs were started, or None.
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
    """Adds up a run as it goes, in constant memory."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self.replayed = 0
        self.skipped = 0
        self.retried = 0
        self.not_started = 0

    def charged(self, workflow: str, coins: float) -> None:
        """A start was accepted for that many coins."""
        self._of(workflow).coins += coins

    def ended(self, outcome: Outcome) -> None:
        """A job has its Outcome."""
        tally = self._of(outcome.job.workflow.name)
        if outcome.error is not None:
            tally.errors[type(outcome.error).__name__] += 1
        if outcome.result is None:
            tally.failed += 1
        else:
            tally.done += 1
        if outcome.result is not None and not outcome.replayed:
            tally.timed += 1
            tally.durations += outcome.result.elapsed
            tally.longest = max(tally.longest, outcome.result.elapsed)
        self.replayed += outcome.replayed

    @property
    def coins(self) -> float:
        """Coins charged so far."""
        return sum(tally.coins for tally in self._tallies.values())

    def summary(self, *, requests: int, left: int, stopped: Exception | None) -> Summary:
        """The numbers so far."""
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

    def _of(self, workflow: str) -> _Tally:
        return self._tallies.setdefault(workflow, _Tally())
