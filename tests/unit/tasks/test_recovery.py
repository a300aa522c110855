"""Lost answers: the task is found in the list, or the start reports that it cannot know."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from a2e_async._spec.routes import Routes
from a2e_async.client import A2E
from a2e_async.errors import (
    A2EError,
    SubmissionUncertain,
)
from a2e_async.policies import StartPolicy
from a2e_async.tasks import Task
from tests.unit.sample import (
    START,
    Answer,
    PictureRecord,
    Pictures,
    Service,
    Sketches,
    client,
    ok,
    refused,
)
from tests.unit.tasks.start_answers import LOST, PAGE, on_starts, owners
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

RESUBMIT = StartPolicy(resubmit=True)
BRIEFLY = StartPolicy(window=30)
RESUBMIT_BRIEFLY = StartPolicy(window=30, resubmit=True)


@pytest.mark.parametrize("workflow", [Pictures, Sketches])
@pytest.mark.parametrize("lost", LOST)
async def test_a_lost_answer_is_found_in_the_list(workflow: type[Pictures], lost: str) -> None:
    service = Service(after=on_starts(LOST[lost]))
    task = await workflow(client(service))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert task.coins == 30
    assert (service.starts, len(service.tasks)) == (1, 1)
    assert service.lists <= 2


@pytest.mark.parametrize("workflow", [Pictures, Sketches])
@pytest.mark.parametrize("lost", LOST)
async def test_a_lost_start_that_made_nothing_is_uncertain(workflow: type[Pictures], lost: str) -> None:
    service = Service(before=on_starts(LOST[lost]))
    job = workflow(client(service, start=BRIEFLY))(prompt="a kite")
    with pytest.raises(SubmissionUncertain) as info:
        await job.start()

    error = info.value
    assert error.job is job
    assert (error.marker is None) == (workflow is Sketches)
    assert job.workflow.name in str(error)
    assert isinstance(error.__cause__, A2EError)
    assert (service.starts, len(service.tasks)) == (1, 0)
    assert anyio.current_time() >= 30


async def test_the_search_lasts_as_long_as_the_server_may_still_be_working_on_the_start() -> None:
    service = Service(before=on_starts(LOST["504"]))
    with pytest.raises(SubmissionUncertain):
        await Pictures(client(service))(prompt="a kite").start()
    assert anyio.current_time() >= 180
    assert service.lists < 40


@pytest.mark.parametrize("lost", LOST)
async def test_a_lost_start_that_made_nothing_is_sent_again_if_wanted(lost: str) -> None:
    service = Service(before=on_starts(LOST[lost]))
    task = await Pictures(client(service, start=RESUBMIT_BRIEFLY))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert (service.starts, len(service.tasks)) == (2, 1)


@pytest.mark.parametrize("workflow", [Pictures, Sketches])
@pytest.mark.parametrize(("commit", "lag"), [(0.0, 40.0), (60.0, 0.0), (60.0, 30.0), (0.0, 170.0)])
async def test_a_task_that_shows_up_late_is_still_found(
    workflow: type[Pictures], commit: float, lag: float
) -> None:
    """A gateway gives up at once, the server commits a minute later, the list shows it later still."""
    service = Service(after=on_starts(LOST["504"]), commit_lag=lambda body: commit, list_lag=lag)
    task = await workflow(client(service, start=RESUBMIT))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert (service.starts, len(service.tasks)) == (1, 1)
    assert commit + lag <= anyio.current_time() <= commit + lag + 20


async def test_a_task_is_found_beyond_the_first_page() -> None:
    service = Service()
    a2e = client(service)
    for number in range(130):
        service.add(prompt=str(number))

    def lose(service: Service, request: httpx.Request) -> Answer:
        for number in range(150):
            service.add(prompt=f"later {number}")
        return LOST["reset"]()

    service.after = lose
    service.list_lag = 2.0
    task = await Pictures(a2e)(prompt="wanted").start()
    assert owners(service, [task]) == ["wanted"]
    assert (service.starts, len(service.tasks)) == (1, 281)


@pytest.mark.parametrize(
    ("answer", "policy"),
    [
        pytest.param(lambda: refused(401), RESUBMIT_BRIEFLY, id="401"),
        pytest.param(lambda: refused(404), BRIEFLY, id="404"),
        pytest.param(lambda: refused(404), RESUBMIT_BRIEFLY, id="404, to be sent again"),
        pytest.param(lambda: refused(500), RESUBMIT_BRIEFLY, id="500"),
        pytest.param(lambda: httpx.Response(200, content=PAGE), RESUBMIT_BRIEFLY, id="html"),
        pytest.param(lambda: httpx.ReadError("reset"), RESUBMIT_BRIEFLY, id="reset"),
    ],
)
async def test_a_list_that_cannot_be_read_leaves_it_uncertain(
    answer: Callable[[], Answer], policy: StartPolicy
) -> None:
    service = Service(
        before=lambda service, request: answer() if "allRecords" in request.url.path else None,
        after=on_starts(LOST["reset"]),
    )
    with pytest.raises(SubmissionUncertain):
        await Pictures(client(service, start=policy))(prompt="a kite").start()
    assert (service.starts, len(service.tasks)) == (1, 1)


async def test_a_list_that_fails_for_long_is_read_ever_less() -> None:
    """Each reading is several requests, and a service that fails has enough to do."""
    service = Service(after=on_starts(LOST["504"]), on_list=lambda service, request: refused(503))
    with pytest.raises(SubmissionUncertain):
        await Pictures(client(service))(prompt="a kite").start()
    assert service.lists <= 130
    assert 780 <= anyio.current_time() < 810


@pytest.mark.parametrize("fails_for", [5, 60, 400])
async def test_a_list_that_failed_for_a_while_is_read_soon_again(fails_for: float) -> None:
    def on_list(service: Service, request: httpx.Request) -> Answer | None:
        return refused(500) if anyio.current_time() < fails_for else None

    service = Service(after=on_starts(LOST["504"]), on_list=on_list)
    task = await Pictures(client(service))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert anyio.current_time() <= fails_for + min(60, fails_for / 2) + 10


async def test_searches_that_begin_while_a_list_fails_do_not_begin_with_a_reading() -> None:
    service = Service(after=on_starts(*[LOST["504"]] * 30), on_list=lambda service, request: refused(503))
    pictures = Pictures(client(service))

    async def start(number: int) -> None:
        await anyio.sleep(number * 5.0)
        with pytest.raises(SubmissionUncertain):
            await pictures(prompt=str(number)).start()

    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(start, number)
    assert service.lists < 400


async def test_a_list_without_end_leaves_it_uncertain_in_the_end() -> None:
    def page(service: Service, request: httpx.Request) -> Answer:
        return ok([{"_id": f"{service.lists:04}{number:04}", "name": "other"} for number in range(100)])

    service = Service(after=on_starts(LOST["504"]), on_list=page, delay=50.0)
    with pytest.raises(SubmissionUncertain):
        await Pictures(client(service))(prompt="a kite").start()
    assert anyio.current_time() < 3000


async def test_a_wrong_host_is_reported_soon() -> None:
    """It answers everything with a web page: a common mistake, and not worth a search of minutes."""
    service = Service(before=lambda service, request: httpx.Response(200, content=PAGE))
    with pytest.raises(SubmissionUncertain, match="base URL"):
        await Pictures(client(service))(prompt="a kite").start()
    assert anyio.current_time() < 60


async def test_a_workflow_without_a_list_is_uncertain_at_once() -> None:
    class Blind(Pictures):
        name = "blind"
        routes = Routes(start=START)

    service = Service(after=on_starts(LOST["reset"]))
    with pytest.raises(SubmissionUncertain, match="no list"):
        await Blind(client(service, start=RESUBMIT))(prompt="a kite").start()
    assert len(service.requests) == 1


async def test_a_server_that_ignores_the_page_number_or_caps_the_page() -> None:
    class FirstFifty(Service):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("/allRecords"):
                return await super().handle_async_request(request)
            first_page = httpx.Request("GET", request.url.copy_set_param("pageNum", 1))
            reply = await super().handle_async_request(first_page)
            return ok({"rows": reply.json()["data"]["rows"][:50]})

    service = FirstFifty()
    a2e = client(service, start=RESUBMIT)
    for number in range(80):
        service.add(prompt=str(number))
    service.after = on_starts(LOST["reset"])
    task = await Pictures(a2e)(prompt="wanted").start()
    assert owners(service, [task]) == ["wanted"]


async def test_one_start_that_makes_several_tasks_is_found_whole() -> None:
    service = Service(several=lambda body: int(body["max_images"]), after=on_starts(LOST["reset"]))
    task = await Pictures(client(service))(prompt="kites", max_images=4).start()
    assert len(task.ids) == 4
    assert set(task.ids) == {each["_id"] for each in service.tasks}
    assert task.coins == 120
    assert service.starts == 1


async def test_tasks_of_one_start_that_show_up_one_after_the_other() -> None:
    service = Service(several=lambda body: 3, after=on_starts(LOST["reset"]))
    task_lags = iter([0.0, 1.0, 4.0])
    service.commit_lag = lambda body: next(task_lags)
    task = await Pictures(client(service))(prompt="kites", max_images=3).start()
    assert len(task.ids) == 3


async def test_a_start_that_makes_fewer_tasks_than_wanted() -> None:
    service = Service(several=lambda body: 2, after=on_starts(LOST["reset"]))
    task = await Pictures(client(service))(prompt="kites", max_images=8).start()
    assert len(task.ids) == 2
    assert anyio.current_time() < 20


async def test_searches_at_the_same_time_share_their_readings() -> None:
    service = Service(after=on_starts(*[LOST["504"]] * 50), list_lag=20.0, delay=0.05)
    pictures = Pictures(client(service))
    tasks: list[Task[PictureRecord]] = []

    async def start(number: int) -> None:
        await anyio.sleep(number * 0.01)
        tasks.append(await pictures(prompt=str(number)).start())

    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(start, number)
    assert {task.id for task in tasks} == {each["_id"] for each in service.tasks}
    assert (service.starts, len(service.tasks)) == (50, 50)
    assert service.lists < 60


async def test_a_start_that_is_cancelled_during_its_search_leaves_nothing() -> None:
    service = Service(after=on_starts(LOST["reset"]), list_lag=1000.0)
    a2e = client(service)
    with anyio.move_on_after(30) as scope:
        await Pictures(a2e)(prompt="a kite").start()
    assert scope.cancelled_caught
    assert a2e.runtime.starter(Pictures(a2e)).idle
    assert service.under_way == 0
    # Others are not disturbed.
    assert (await Pictures(a2e)(prompt="another").start()).id == service.tasks[1]["_id"]


async def test_a_cancelled_start_does_not_end_other_searches() -> None:
    service = Service(after=on_starts(LOST["reset"], LOST["reset"]), list_lag=40.0, delay=1.0)
    pictures = Pictures(client(service))
    tasks: list[Task[PictureRecord]] = []

    async def start(prompt: str) -> None:
        tasks.append(await pictures(prompt=prompt).start())

    async def impatient() -> None:
        # It leaves while the list is being read for both.
        with anyio.move_on_after(1.6):
            await start("impatient")

    async with anyio.create_task_group() as group:
        group.start_soon(impatient)
        group.start_soon(start, "patient")
    assert owners(service, tasks) == ["patient"]


async def test_same_inputs_without_a_name_are_not_mixed_up() -> None:
    """Of twenty equal jobs some answers are lost; still each job gets its own task."""
    answers = [LOST["reset"] if number % 3 == 0 else None for number in range(20)]
    service = Service(after=on_starts(*answers), list_lag=3.0, delay=0.5)
    sketches = Sketches(client(service))
    tasks: list[Task[PictureRecord]] = []

    async def start() -> None:
        tasks.append(await sketches(prompt="the same").start())

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(start)
    assert len({task.id for task in tasks}) == 20
    assert (service.starts, len(service.tasks)) == (20, 20)


async def test_a_task_of_an_earlier_process_with_the_same_inputs_is_not_taken() -> None:
    service = Service(epoch=1e9)
    await Sketches(client(service))(prompt="the same").start()
    await anyio.sleep(3600)
    service.before = on_starts(None, LOST["reset"])
    with pytest.raises(SubmissionUncertain):
        await Sketches(client(service))(prompt="the same").start()
    assert len(service.tasks) == 1


async def crowded(service: Service, a2e: A2E, newer: int, prompt: str = "wanted") -> Task[PictureRecord]:
    """Lose the answer of a start; the task shows up in the list under many newer ones."""
    service.after = on_starts(LOST["504"])
    found: list[Task[PictureRecord]] = []

    async def start() -> None:
        found.append(await Pictures(a2e)(prompt=prompt).start())

    async with anyio.create_task_group() as group:
        group.start_soon(start)
        await anyio.sleep(0.01)
        # One by the same client, the others by other clients of the account.
        await Pictures(a2e)(prompt="newer").start()
        for number in range(1, newer):
            service.add(prompt=f"newer {number}")
    return found[0]


@pytest.mark.parametrize(("newer", "page"), [(40, 10), (180, 3)])
async def test_newer_tasks_never_hide_a_lost_one(newer: int, page: int) -> None:
    service = Service(page_most=page, list_lag=0.4)
    task = await crowded(service, client(service), newer)
    assert owners(service, [task]) == ["wanted"]
    assert (service.starts, len(service.tasks)) == (2, newer + 1)


@pytest.mark.parametrize("ahead", [1200.0, -1200.0, 40_000.0, -40_000.0])
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("workflow", [Pictures, Sketches])
async def test_a_wrong_wall_clock_never_pays_twice(
    workflow: type[Pictures], dated: bool, ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(after=on_starts(LOST["reset"]), dated=dated, page_most=10)
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + ahead)
    a2e = client(service, start=RESUBMIT)
    try:
        task = await workflow(a2e)(prompt="a kite").start()
        assert task.id == service.tasks[0]["_id"]
    except SubmissionUncertain:
        # Only without a marker, without a Date and without an answered start can nobody know.
        assert workflow is Sketches
        assert not dated
    assert (service.starts, len(service.tasks)) == (1, 1)


@pytest.mark.parametrize("ahead", [0.0, 1200.0, -1200.0])
async def test_an_old_equal_task_is_told_apart_by_the_services_date(
    ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(dated=True)
    await Sketches(client(service))(prompt="the same").start()
    await anyio.sleep(1200)
    real = time.time
    monkeypatch.setattr("time.time", lambda: real() + ahead)
    service.before = on_starts(None, LOST["reset"])
    task = await Sketches(client(service, start=RESUBMIT))(prompt="the same").start()
    assert task.id == service.tasks[1]["_id"]
    assert (service.starts, len(service.tasks)) == (3, 2)


async def test_times_without_a_zone_are_not_compared_with_the_date() -> None:
    """They may be local: a task of now would look hours old, and be paid for again."""

    class Local(Service):
        def _record(self, task: Mapping[str, Any]) -> dict[str, Any]:
            shown = super()._record(task)
            shown["createdAt"] = datetime.fromtimestamp(self.epoch + task["_born"] - 8 * 3600, UTC).strftime(
                "%Y-%m-%d %H:%M:%S"
            )
            return shown

    service = Local(after=on_starts(LOST["reset"]), dated=True)
    with pytest.raises(SubmissionUncertain):
        await Sketches(client(service, start=RESUBMIT))(prompt="a kite").start()
    assert len(service.tasks) == 1


@pytest.mark.parametrize("deleted_at", range(1, 5))
async def test_deleted_tasks_hide_none_in_a_reading_that_counts_as_whole(deleted_at: int) -> None:
    """The lost task is the first of page two, and moves to page one right after that was read."""
    service = Service(page_most=10)
    a2e = client(service, start=StartPolicy(window=1.0, resubmit=True))
    pictures = Pictures(a2e)
    readings = 0

    def on_list(service: Service, request: httpx.Request) -> Answer | None:
        nonlocal readings
        readings += request.url.params["pageNum"] == "2"
        if request.url.params["pageNum"] == "2" and readings == deleted_at:
            del service.tasks[-1]
        return None

    service.after = on_starts(LOST["504"])
    found: list[Task[PictureRecord]] = []

    async def start() -> None:
        found.append(await pictures(prompt="wanted").start())

    service.list_lag = 0.9
    async with anyio.create_task_group() as group:
        group.start_soon(start)
        await anyio.sleep(0.01)
        for number in range(10):
            await pictures(prompt=f"newer {number}").start()
        service.on_list = on_list
    assert owners(service, found) == ["wanted"]
    assert service.starts == 11


async def test_a_list_that_is_a_page_of_maintenance_for_a_while_is_read_again() -> None:
    service = Service(after=on_starts(LOST["504"]))
    pages = iter([httpx.Response(200, content=PAGE)] * 3)
    service.on_list = lambda service, request: next(pages, None)
    task = await Pictures(client(service))(prompt="a kite").start()
    assert owners(service, [task]) == ["a kite"]


async def test_a_service_that_drops_names_leaves_it_uncertain() -> None:
    """The marker cannot prove that the task is missing."""

    class Nameless(Service):
        def _record(self, task: Mapping[str, Any]) -> dict[str, Any]:
            return {**super()._record(task), "name": ""}

    service = Nameless(after=on_starts(LOST["504"]))
    with pytest.raises(SubmissionUncertain):
        await Pictures(client(service, start=RESUBMIT))(prompt="a kite").start()
    assert len(service.tasks) == 1


async def test_a_name_that_the_service_cuts_is_still_recognised() -> None:
    class Cutting(Service):
        def _record(self, task: Mapping[str, Any]) -> dict[str, Any]:
            return {**super()._record(task), "name": str(task["name"])[:20].upper()}

    service = Cutting(after=on_starts(LOST["504"]))
    task = await Pictures(client(service, start=RESUBMIT))(prompt="a kite").start()
    assert owners(service, [task]) == ["a kite"]
    assert service.starts == 1


async def test_a_marker_of_the_callers_own_is_not_taken_for_a_longer_one() -> None:
    service = Service()
    pictures = Pictures(client(service, start=RESUBMIT))
    await pictures(prompt="seventy-one").start(marker="order-71")
    service.before = on_starts(None, LOST["reset"])
    task = await pictures(prompt="seven").start(marker="order-7")
    assert owners(service, [task]) == ["seven"]


async def test_a_list_that_refuses_large_pages_is_read_by_small_ones() -> None:
    def on_list(service: Service, request: httpx.Request) -> Answer | None:
        return refused(400, "pageSize is too large") if int(request.url.params["pageSize"]) > 10 else None

    service = Service(list_lag=0.4)
    service.on_list = on_list
    task = await crowded(service, client(service), 60)
    assert owners(service, [task]) == ["wanted"]


@pytest.mark.parametrize("ahead", [0.0, 1200.0, -1200.0])
@pytest.mark.parametrize("made", [True, False])
async def test_a_start_of_an_earlier_process_under_many_newer_tasks(ahead: float, made: bool) -> None:
    """The clock of the earlier process was wrong, so nobody knows exactly when it sent the start."""
    service = Service(page_most=3, dated=True)
    first = Pictures(client(service))
    sent = anyio.current_time()
    if made:
        await first(prompt="wanted").start(marker="a2e-abcdefghij234")
    for number in range(156):
        service.add(prompt=f"newer {number}")
    await anyio.sleep(300)

    pictures = Pictures(client(service, start=RESUBMIT))
    job = pictures(prompt="wanted")
    starter = pictures.runtime.starter(pictures)
    records = await starter.recover(job, job.body, "a2e-abcdefghij234", sent + ahead)
    assert [record["prompt"] for record in records] == ["wanted"] * made


@pytest.mark.parametrize("rate", [2, 8, 30])
async def test_a_list_that_grows_while_it_is_read_leaves_nobody_uncertain(rate: int) -> None:
    """Pages bring nothing new then, although page numbers are not ignored."""
    service = Service(page_most=10, delay=0.1, list_lag=0.5)
    a2e = client(service, start=StartPolicy(window=20.0))
    service.after = lambda service, request: LOST["504"]() if b"lost" in request.content else None
    tasks: list[Task[PictureRecord]] = []

    async def lose(number: int) -> None:
        tasks.append(await Pictures(a2e)(prompt=f"lost {number}").start())

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(lose, number)
        for number in range(rate * 30):
            service.add(prompt=f"newer {number}")
            await anyio.sleep(1 / rate)
    assert len(tasks) == len(set(owners(service, tasks))) == 20


async def test_a_wall_clock_that_jumped_does_not_end_the_search_for_an_earlier_start_at_once() -> None:
    """The service is still at work on the start, although it looks twenty minutes old."""
    service = Service(list_lag=30.0)
    sent = anyio.current_time()
    await Pictures(client(service))(prompt="wanted").start(marker="a2e-abcdefghij234")

    pictures = Pictures(client(service, start=RESUBMIT))
    job = pictures(prompt="wanted")
    records = await pictures.runtime.starter(pictures).recover(
        job, job.body, "a2e-abcdefghij234", sent - 1200.0
    )
    assert [record["prompt"] for record in records] == ["wanted"]
