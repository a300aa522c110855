"""Faults of the machine in bulk runs: they stop or pause the run once, and never one job after the other."""

from __future__ import annotations

import errno
import itertools
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from a2e_async._bulk import downloads
from a2e_async._bulk.faults import Fault, disk_fault, service_fault
from a2e_async._bulk.outage import Outage
from a2e_async._bulk.outcomes import Outcome
from a2e_async._bulk.run import BulkRun
from a2e_async._files.destination import SavedFile
from a2e_async.client import A2E
from a2e_async.clock import SystemClock
from a2e_async.errors import (
    ConfigurationError,
    ConnectionFailed,
    DownloadError,
    InvalidArgument,
    NotFound,
    RateLimited,
    SubmissionUncertain,
    UploadError,
)
from a2e_async.policies import StartPolicy
from a2e_async.tasks import Result
from tests.unit.sample import Pictures, Service, client
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

REFUSED = ConnectionFailed("cannot connect to a2e.test (refused)", delivered=False)
UNKNOWN_HOST = ConnectionFailed("a2e.test is not known", delivered=False, permanent=True)


class Line:
    """The line to the service: whole, or broken from one moment to another."""

    def __init__(self, service: Service, *, start: float = 0.0, end: float = float("inf")) -> None:
        self.tries: list[tuple[float, str]] = []
        self._start, self._end = start, end
        service.before = self.carry

    def carry(self, service: Service, request: httpx.Request) -> httpx.Response | Exception | None:
        now = anyio.current_time()
        if not self._start <= now < self._end:
            return None
        self.tries.append((now, request.url.path.rpartition("/")[2]))
        return httpx.ConnectError("refused")


def jobs(a2e: A2E, count: int) -> list[Any]:
    return [Pictures(a2e)(prompt=str(number)) for number in range(count)]


async def drained(run: BulkRun) -> list[Outcome]:
    return [outcome async for outcome in run]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nothing tells
        await anyio.sleep(0.01)


def states(journal: Path) -> set[str]:
    with closing(sqlite3.connect(journal)) as db:
        return {row[0] for row in db.execute("SELECT state FROM jobs")}


def broken(monkeypatch: pytest.MonkeyPatch, a2e: A2E, error: Callable[[int], Exception | None]) -> list[int]:
    """Let requests of the client end with an error; it is called with their number. Returns their numbers."""
    http, seen = a2e.runtime.http, [0]
    send = http.send

    async def failing(*args: Any, **options: Any) -> Any:
        seen[0] += 1
        if (problem := error(seen[0])) is not None:
            raise problem
        return await send(*args, **options)

    monkeypatch.setattr(http, "send", failing)
    return seen


@pytest.mark.parametrize("error", [UNKNOWN_HOST, ConfigurationError("HTTPS_PROXY cannot be used")])
async def test_what_cannot_pass_stops_the_run_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    a2e = client(Service())
    journal = tmp_path / "run.db"
    seen = broken(monkeypatch, a2e, lambda _: error)

    outcomes: list[Outcome] = []
    run = a2e.bulk(jobs(a2e, 60), concurrency=20, journal=journal)
    with suppress(ConfigurationError):
        async with run:
            outcomes = await drained(run)

    assert outcomes == []
    assert run.stopped is error
    assert seen[0] <= 20
    assert anyio.current_time() < 2.0
    assert states(journal) == {"new"}


async def test_it_stops_a_run_whose_tasks_are_at_the_service_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = Service(duration=1e6)
    a2e = client(service)
    journal = tmp_path / "run.db"
    is_cut = False
    broken(monkeypatch, a2e, lambda _: UNKNOWN_HOST if is_cut else None)

    async with a2e.bulk(jobs(a2e, 30), concurrency=10, journal=journal) as run:
        await until(lambda: len(service.tasks) == 10)
        is_cut = True
        outcomes = await drained(run)

    assert outcomes == []
    assert isinstance(run.stopped, ConnectionFailed)
    assert (run.summary().left, service.starts) == (10, 10)
    assert states(journal) <= {"accepted", "new"}

    service.duration = 1.0
    later = client(service)
    async with later.bulk(jobs(later, 30), journal=journal) as again:
        assert all(outcome.result for outcome in await drained(again))
    assert service.starts == 30


async def test_without_a_journal_the_error_of_a_paid_task_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(duration=100.0)
    a2e = client(service)
    is_cut = False
    broken(monkeypatch, a2e, lambda _: UNKNOWN_HOST if is_cut else None)

    async with a2e.bulk(jobs(a2e, 10), concurrency=5) as run:
        await anyio.sleep(1.0)
        is_cut = True
        outcomes = await drained(run)
    assert len(outcomes) == service.starts == 5
    assert all(outcome.result is None and outcome.error for outcome in outcomes)
    assert isinstance(run.stopped, ConnectionFailed)


async def test_what_may_pass_holds_all_jobs_and_one_of_them_tries(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Service()
    line = Line(service, end=120.0)
    a2e = client(service)
    with caplog.at_level(logging.WARNING, "a2e_async"):
        async with a2e.bulk(jobs(a2e, 100), concurrency=50, timeout=600.0) as run:
            outcomes = await drained(run)

    assert sum(outcome.result is not None for outcome in outcomes) == service.starts - len(line.tries) == 100
    assert len(service.tasks) == 100
    # Those that were under way meet the fault once. From then on there is one try at a time.
    alone = [moment for moment, _ in line.tries[50:]]
    assert all(later - earlier >= 0.9 for earlier, later in itertools.pairwise(alone))
    assert len(alone) < 20

    warnings = [message for message in caplog.messages if "all jobs wait" in message]
    assert len(warnings) <= 20
    assert "try 1, again in 1 s" in warnings[0]
    assert "try 2, again in 2 s" in warnings[1]
    assert any("works again" in message for message in caplog.messages)


async def test_it_stops_once_when_it_does_not_pass(tmp_path: Path) -> None:
    service = Service()
    Line(service)
    a2e = client(service)
    journal = tmp_path / "run.db"
    async with a2e.bulk(jobs(a2e, 100), concurrency=50, journal=journal, timeout=300.0) as run:
        assert await drained(run) == []
    assert isinstance(run.stopped, ConnectionFailed)
    assert 250.0 < anyio.current_time() < 330.0
    assert run.summary().not_started <= 50 + 8
    assert states(journal) == {"new"}


async def test_a_fault_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    service = Service(duration=20.0)
    Line(service, start=30.0, end=200.0)
    a2e = client(service)
    async with a2e.bulk(jobs(a2e, 40), concurrency=10, journal=tmp_path / "run.db") as run:
        outcomes = await drained(run)
    assert all(outcome.result is not None and outcome.attempts == 1 for outcome in outcomes)
    assert len(service.tasks) == len(outcomes) == 40
    assert run.stopped is None


async def test_lost_starts_are_not_given_up_because_nothing_can_be_reached(
    tmp_path: Path,
) -> None:
    journal = tmp_path / "run.db"
    service = Service()
    a2e = client(service)
    service.delay = 1e6  # nothing is ever answered
    async with a2e.bulk(jobs(a2e, 10), journal=journal) as run:
        await until(lambda: service.starts == 10)
    with closing(sqlite3.connect(journal)) as db:
        assert db.execute("SELECT count(*) FROM jobs WHERE state = 'starting'").fetchone() == (10,)

    service.delay = 0.0
    Line(service, end=anyio.current_time() + 250.0)
    later = client(service, start=StartPolicy(resubmit=True))
    async with later.bulk(jobs(later, 10), journal=journal, timeout=600.0) as run:
        outcomes = await drained(run)
    assert all(outcome.result for outcome in outcomes)
    assert len(service.tasks) == len(outcomes) == 10


async def test_a_job_of_its_own_fault_ends_no_fault_of_all() -> None:
    """A job that fails before it sends anything does not show that the service is back."""
    tries: list[float] = []
    gate = Outage(SystemClock(), 100.0)

    async def unreachable() -> None:
        tries.append(anyio.current_time())
        raise REFUSED

    async def invalid() -> None:
        raise InvalidArgument("prompt", "no")

    async def run(work: Any) -> None:
        with pytest.raises((ConnectionFailed, InvalidArgument)):
            await gate.through(work, service_fault)

    async with anyio.create_task_group() as group:
        group.start_soon(run, unreachable)
        await anyio.sleep(0.5)
        for _ in range(5):
            group.start_soon(run, invalid)
    assert tries[-1] - tries[0] <= 100.0
    assert len(tries) == 10  # after 1, 2, 4, 8 and then 15 seconds


async def test_the_next_job_probes_when_the_prober_is_gone() -> None:
    gate = Outage(SystemClock(), 100.0)
    is_broken = True
    passed: list[float] = []

    async def work() -> None:
        if is_broken:
            raise REFUSED

    async def run() -> None:
        await gate.through(work, service_fault)
        passed.append(anyio.current_time())

    async with anyio.create_task_group() as others:
        async with anyio.create_task_group() as first:
            first.start_soon(run)
            await anyio.sleep(0.1)
            others.start_soon(run)
            others.start_soon(run)
            await anyio.sleep(0.1)
            first.cancel_scope.cancel()
        is_broken = False
    assert len(passed) == 2


async def test_a_prober_that_waits_for_another_job_lets_it_probe() -> None:
    gate, me = Outage(SystemClock(), 100.0), object()
    tries, other_passed = 0, anyio.Event()

    async def mine() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise REFUSED
        gate.hand_over(object())  # somebody else is not the prober
        gate.hand_over(me)
        await other_passed.wait()

    async def other() -> None:
        other_passed.set()

    with anyio.fail_after(50.0):
        async with anyio.create_task_group() as group:
            group.start_soon(partial(gate.through, mine, service_fault, who=me))
            await anyio.sleep(0.5)
            group.start_soon(gate.through, other, service_fault)
    assert tries == 2


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (REFUSED, Fault.PASSING),
        (UNKNOWN_HOST, Fault.LASTING),
        (ConfigurationError("no"), Fault.LASTING),
        (RateLimited("no", status=429), Fault.PASSING),
        (NotFound("no", status=404), None),
        (ConnectionFailed("reset"), None),
        (InvalidArgument("prompt", "no"), None),
        (SubmissionUncertain("no", job=None, marker=None), None),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_faults_of_the_service(error: Exception, fault: Fault | None, wrapped: bool) -> None:
    if wrapped:
        upload = UploadError("no")
        upload.__cause__ = error
        # A storage that refuses for now concerns one file.
        assert service_fault(upload) == (None if isinstance(error, RateLimited) else fault)
        uncertain = SubmissionUncertain("no", job=None, marker=None)
        uncertain.__cause__ = error
        assert service_fault(uncertain) is None
    else:
        assert service_fault(error) is fault


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, Fault.PASSING),
        (errno.EDQUOT, Fault.PASSING),
        (errno.EMFILE, Fault.PASSING),
        (errno.EROFS, Fault.LASTING),
        (errno.ENAMETOOLONG, None),
    ],
)
def test_faults_of_the_disk(number: int, fault: Fault | None) -> None:
    error = DownloadError("no", url="https://e.com")
    error.__cause__ = OSError(number, "no")
    assert disk_fault(error) is fault
    assert disk_fault(error.__cause__) is fault


class Disk:
    """A disk on which files cannot be saved for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int, *, end: float = float("inf")) -> None:
        self.tries, self._number, self._end = 0, number, end
        monkeypatch.setattr(Result, "fetch", self.fetch())

    def fetch(self) -> Any:
        async def fetch(result: Result[Any], folder: Path, *, name: str | None = None) -> list[SavedFile]:
            self.tries += 1
            await anyio.sleep(0.5)
            if anyio.current_time() < self._end:
                error = DownloadError("the file cannot be written", url=result.urls[0])
                error.__cause__ = OSError(self._number, "no")
                raise error
            return [SavedFile(folder / f"{name}.png", 1, "image/png")]

        return fetch


async def test_a_full_disk_holds_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    service = Service()
    disk = Disk(monkeypatch, errno.ENOSPC, end=200.0)
    a2e = client(service)
    async with a2e.bulk(jobs(a2e, 40), concurrency=5, download_to=tmp_path / "out") as run:
        await anyio.sleep(150.0)
        assert service.starts <= 5 + 8 + 5
        outcomes = await drained(run)
    assert len(outcomes) == service.starts == 40
    assert all(outcome.paths for outcome in outcomes)
    assert disk.tries < 40 + 5 + 8 + 20


async def test_a_disk_that_stays_full_stops_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    service = Service()
    Disk(monkeypatch, errno.ENOSPC)
    a2e = client(service)
    async with a2e.bulk(jobs(a2e, 100), concurrency=5, download_to=tmp_path, timeout=60.0) as run:
        outcomes = await drained(run)
    assert isinstance(run.stopped, DownloadError)
    assert len(outcomes) == service.starts <= 5 + 8 + 5
    assert all(outcome.result and outcome.error for outcome in outcomes)
    assert anyio.current_time() < 80.0


async def test_a_folder_that_becomes_read_only_stops_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = Service()
    Disk(monkeypatch, errno.EACCES)
    a2e = client(service)
    is_writable = [True]

    def write(folder: Path) -> None:
        if not is_writable.pop():
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        is_writable.append(False)

    monkeypatch.setattr(downloads, "_write_something", lambda folder: write(folder))
    async with a2e.bulk(jobs(a2e, 60), concurrency=5, download_to=tmp_path) as run:
        outcomes = await drained(run)
    assert isinstance(run.stopped, DownloadError)
    assert len(outcomes) == service.starts < 40


@pytest.mark.parametrize("kind", ["file", "below a file"])
async def test_a_folder_that_cannot_be_used_is_said_before_anything_is_paid_for(
    tmp_path: Path, kind: str
) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / {"file": "file", "below a file": "file/out"}[kind]
    service = Service()
    a2e = client(service)

    with pytest.raises(InvalidArgument, match="download_to"):
        async with a2e.bulk(jobs(a2e, 50), download_to=folder) as run:
            await drained(run)
    assert service.starts == 0
