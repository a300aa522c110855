"""Starts: whatever happens on the way, one job makes one task, or says that it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async._spec.routes import Routes
from a2e_async._tasks.markers import new_marker, with_marker
from a2e_async.errors import (
    A2EError,
    AuthenticationError,
    ConnectionFailed,
    InsufficientCredits,
    InvalidRequest,
    ModerationError,
    RateLimited,
    SubmissionUncertain,
    TaskRejected,
)
from a2e_async.jobs import Job, Task
from a2e_async.policies import RetryPolicy, StartPolicy
from tests.unit.sample import (
    START,
    Answer,
    Fault,
    PictureRecord,
    Pictures,
    Service,
    Sketches,
    client,
    ok,
    refused,
)
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

PAGE = b"<!doctype html><html>oops</html>"
LOST: dict[str, Callable[[], Answer]] = {
    "reset": lambda: httpx.ReadError("reset"),
    "hung up": lambda: httpx.RemoteProtocolError("server disconnected"),
    "timeout": lambda: httpx.ReadTimeout("slow"),
    "write broken": lambda: httpx.WriteError("broken pipe"),
    "500": lambda: refused(500, "oops"),
    "502 html": lambda: httpx.Response(502, content=PAGE),
    "504": lambda: httpx.Response(504, content=b""),
    "503 with retry-after": lambda: refused(503, "busy", Retry_After="3"),
    "200 html": lambda: httpx.Response(200, content=PAGE),
    "200 cut short": lambda: httpx.Response(200, content=b'{"code": 0, "data": {"_id": "'),
    "200 empty": lambda: httpx.Response(200, content=b""),
    "200 code 500": lambda: httpx.Response(200, json={"code": 500, "message": "oops"}),
    "408": lambda: refused(408, "slow"),
}
REFUSED: dict[str, Callable[[], Answer]] = {
    "429": lambda: refused(429, "slow down", Retry_After="7"),
    "429 html": lambda: httpx.Response(429, content=PAGE),
    "200 code 429": lambda: httpx.Response(200, json={"code": 429, "message": "slow down"}),
}
UNDELIVERED: dict[str, Callable[[], Answer]] = {
    "refused": lambda: httpx.ConnectError("refused"),
    "connect timeout": lambda: httpx.ConnectTimeout("slow"),
    "proxy": lambda: httpx.ProxyError("no way"),
}
RESUBMIT = StartPolicy(resubmit=True)


def on_starts(*answers: Callable[[], Answer] | None) -> Fault:
    """Answer the first start requests so; None lets one through."""

    def fault(service: Service, request: httpx.Request) -> Answer | None:
        if not request.url.path.endswith("/start"):
            return None
        number = service.starts - 1
        answer = answers[number] if number < len(answers) else None
        return answer() if answer else None

    return fault


def owners(service: Service, tasks: list[Task[PictureRecord]]) -> list[str]:
    """The prompts of the tasks, as the server knows them."""
    by_id = {task["_id"]: task["prompt"] for task in service.tasks}
    return [by_id[task.id] for task in tasks]


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
    job = workflow(client(service))(prompt="a kite")
    with pytest.raises(SubmissionUncertain) as info:
        await job.start()
    error = info.value
    assert error.job is job
    assert (error.marker is None) == (workflow is Sketches)
    assert job.workflow.name in str(error)
    assert isinstance(error.__cause__, A2EError)
    assert (service.starts, len(service.tasks)) == (1, 0)
    # Looked for as long as the server may still be working on it.
    assert anyio.current_time() >= 180
    assert service.lists < 40


@pytest.mark.parametrize("lost", LOST)
async def test_a_lost_start_that_made_nothing_is_sent_again_if_wanted(lost: str) -> None:
    service = Service(before=on_starts(LOST[lost]))
    task = await Pictures(client(service, start=RESUBMIT))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert (service.starts, len(service.tasks)) == (2, 1)


@pytest.mark.parametrize("workflow", [Pictures, Sketches])
@pytest.mark.parametrize("failure", [*UNDELIVERED, *REFUSED])
async def test_what_provably_made_nothing_is_sent_again(workflow: type[Pictures], failure: str) -> None:
    answer = {**UNDELIVERED, **REFUSED}[failure]
    service = Service(before=on_starts(answer, answer))
    task = await workflow(client(service))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert (service.starts, len(service.tasks), service.lists) == (3, 1, 0)


async def test_a_retry_after_holds_back_every_start() -> None:
    service = Service(before=on_starts(REFUSED["429"]))
    pictures = Pictures(client(service))
    moments: list[float] = []

    async def start(number: int) -> None:
        await pictures(prompt=str(number)).start()
        moments.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        group.start_soon(start, 0)
        await anyio.sleep(1)
        for number in range(1, 10):
            group.start_soon(start, number)
    assert min(moments) >= 7
    assert max(moments) < 12
    assert (service.starts, len(service.tasks)) == (11, 10)


async def test_it_gives_up_after_many_refusals() -> None:
    service = Service(before=on_starts(*[LOST["reset"]] * 0, *[REFUSED["429"]] * 1000))
    with pytest.raises(RateLimited):
        await Pictures(client(service, start=StartPolicy(attempts=5)))(prompt="a kite").start()
    assert (service.starts, len(service.tasks)) == (5, 0)


async def test_a_host_that_is_never_reached() -> None:
    service = Service(before=lambda service, request: httpx.ConnectError("refused"))
    with pytest.raises(ConnectionFailed) as info:
        await Pictures(client(service, start=StartPolicy(attempts=4)))(prompt="a kite").start()
    assert not info.value.delivered
    assert service.starts == 4


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(400), InvalidRequest),
        (refused(401), AuthenticationError),
        (refused(402), InsufficientCredits),
        (httpx.Response(403, json={"code": 1003, "message": "minor"}), ModerationError),
        (httpx.Response(200, json={"code": 1004, "message": "minor"}), ModerationError),
        (httpx.Response(200, json={"code": 7, "message": "Insufficient coins"}), InsufficientCredits),
    ],
)
async def test_a_refusal_is_final(answer: httpx.Response, kind: type[A2EError]) -> None:
    service = Service(before=on_starts(lambda: answer))
    with pytest.raises(kind):
        await Pictures(client(service))(prompt="a kite").start()
    assert (service.starts, service.lists, len(service.tasks)) == (1, 0, 0)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ok(None), "names no id"),
        (ok({}), "names no id"),
        (ok([]), "names no id"),
        (ok("content refused"), "content refused"),
        (ok({"message": "content refused"}), "content refused"),
        (httpx.Response(200, json={"code": 0, "message": "NSFW content detected"}), "NSFW content detected"),
        (
            httpx.Response(200, json={"code": 0, "data": None, "msg": "NSFW content detected"}),
            "NSFW content detected",
        ),
    ],
)
async def test_a_success_without_a_task_is_a_rejection(answer: httpx.Response, words: str) -> None:
    service = Service(before=on_starts(lambda: answer))
    with pytest.raises(TaskRejected, match=words):
        await Pictures(client(service))(prompt="a kite").start()
    assert (service.starts, service.lists) == (1, 0)


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
        await Pictures(a2e)(prompt=str(number)).start()
    service.after = on_starts(*[None] * 130, LOST["reset"])

    async def crowd() -> None:
        for number in range(150):
            await Pictures(a2e)(prompt=f"later {number}").start()

    service.list_lag = 2.0
    async with anyio.create_task_group() as group:
        group.start_soon(crowd)
        task = await Pictures(a2e)(prompt="wanted").start()
    assert owners(service, [task]) == ["wanted"]
    assert service.starts == len(service.tasks) == 281


@pytest.mark.parametrize(
    "answer",
    [
        lambda: refused(401),
        lambda: refused(404),
        lambda: refused(500),
        lambda: httpx.Response(200, content=PAGE),
        lambda: httpx.ReadError("reset"),
    ],
    ids=["401", "404", "500", "html", "reset"],
)
@pytest.mark.parametrize("policy", [StartPolicy(), RESUBMIT])
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


async def test_a_wrong_host_is_told_soon() -> None:
    """Everything is answered with a web page: a common mistake, and not worth minutes of looking."""
    service = Service(before=lambda service, request: httpx.Response(200, content=PAGE))
    with pytest.raises(SubmissionUncertain, match="base URL"):
        await Pictures(client(service))(prompt="a kite").start()
    assert anyio.current_time() < 60


async def test_a_redirecting_host_is_told_at_once() -> None:
    service = Service(
        before=lambda service, request: httpx.Response(308, headers={"location": "https://elsewhere.test/"})
    )
    with pytest.raises(A2EError, match="base URL"):
        await Pictures(client(service))(prompt="a kite").start()
    assert len(service.requests) == 1


async def test_a_workflow_without_a_list_is_uncertain_at_once() -> None:
    class Blind(Pictures):
        name = "blind"
        routes = Routes(start=START)

    service = Service(after=on_starts(LOST["reset"]))
    with pytest.raises(SubmissionUncertain, match="no list"):
        await Blind(client(service, start=RESUBMIT))(prompt="a kite").start()
    assert len(service.requests) == 1


async def test_a_server_that_ignores_the_page_number_or_caps_the_page() -> None:
    def first_fifty(service: Service, request: httpx.Request) -> httpx.Response:
        rows = json.loads(
            service._list(request.__class__("GET", f"{request.url.copy_set_param('pageNum', 1)}")).content
        )
        return ok({"rows": rows["data"]["rows"][:50]})

    service = Service(on_list=first_fifty)
    a2e = client(service, start=RESUBMIT)
    for number in range(80):
        await Pictures(a2e)(prompt=str(number)).start()
    service.after = on_starts(*[None] * 80, LOST["reset"])
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


async def test_searches_that_go_on_at_once_share_what_they_read() -> None:
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


async def test_a_start_that_is_cancelled_while_it_is_looked_for_leaves_nothing() -> None:
    service = Service(after=on_starts(LOST["reset"]), list_lag=1000.0)
    a2e = client(service)
    with anyio.move_on_after(30) as scope:
        await Pictures(a2e)(prompt="a kite").start()
    assert scope.cancelled_caught
    finder = a2e.runtime.starter(Pictures(a2e))._finder
    assert finder is not None
    assert finder._searching == []
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
        # While the list is being read for both.
        with anyio.move_on_after(1.6):
            await start("impatient")

    async with anyio.create_task_group() as group:
        group.start_soon(impatient)
        group.start_soon(start, "patient")
    assert owners(service, tasks) == ["patient"]


async def test_same_inputs_without_a_name_are_not_mixed_up() -> None:
    """Of twenty equal jobs some answers are lost: each job gets a task of its own."""
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


@pytest.mark.parametrize("resubmit", [True, False])
@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=60)
@given(
    plans=st.lists(
        st.tuples(
            st.booleans(),
            st.lists(
                st.sampled_from(["ok", "undelivered", "refused", "lost before", "lost after"]),
                min_size=1,
                max_size=3,
            ),
            st.sampled_from([0.0, 2.0, 60.0]),
            st.sampled_from([0.0, 0.3, 10.0]),
        ),
        min_size=1,
        max_size=8,
    ),
    lag=st.sampled_from([0.0, 1.0, 30.0]),
    delay=st.sampled_from([0.0, 0.2]),
)
def test_jobs_are_charged_once_whatever_happens(
    resubmit: bool,
    backend: str,
    plans: list[tuple[bool, list[str], float, float]],
    lag: float,
    delay: float,
) -> None:
    """Named and nameless jobs, some of them equal, each with a fate of its own."""
    sent: dict[str, int] = {}

    def fate(request: httpx.Request) -> str:
        prompt = json.loads(request.content)["prompt"]
        fates = plans[int(prompt.split()[0])][1]
        return fates[sent[prompt] - 1] if sent[prompt] <= len(fates) else "ok"

    def before(service: Service, request: httpx.Request) -> Answer | None:
        if not request.url.path.endswith("/start"):
            return None
        prompt = json.loads(request.content)["prompt"]
        sent[prompt] = sent.get(prompt, 0) + 1
        return {
            "undelivered": UNDELIVERED["refused"],
            "refused": REFUSED["429"],
            "lost before": LOST["reset"],
        }.get(fate(request), lambda: None)()

    def after(service: Service, request: httpx.Request) -> Answer | None:
        return LOST["504"]() if fate(request) == "lost after" else None

    def commit_lag(body: Mapping[str, Any]) -> float:
        prompt = body["prompt"]
        plan = plans[int(prompt.split()[0])]
        return plan[2] if plan[1][min(sent[prompt], len(plan[1])) - 1] == "lost after" else 0.0

    service = Service(before=before, after=after, commit_lag=commit_lag, list_lag=lag, delay=delay)
    outcomes: dict[int, Task[PictureRecord] | SubmissionUncertain] = {}

    async def main() -> None:
        a2e = client(service, start=StartPolicy(resubmit=resubmit), retry=RetryPolicy(random=lambda: 0.5))

        async def start(number: int) -> None:
            named, _, _, comes = plans[number]
            await anyio.sleep(comes)
            job: Job[PictureRecord] = (Pictures if named else Sketches)(a2e)(prompt=f"{number} kites")
            try:
                outcomes[number] = await job.start()
            except SubmissionUncertain as error:
                outcomes[number] = error

        async with anyio.create_task_group() as group:
            for number in range(len(plans)):
                group.start_soon(start, number)

    run(backend, main)
    assert len(outcomes) == len(plans)
    prompts = [task["prompt"] for task in service.tasks]
    assert len(prompts) == len(set(prompts)), "a job was charged twice"
    for number, outcome in outcomes.items():
        if isinstance(outcome, SubmissionUncertain):
            assert not resubmit or not plans[number][0]
            continue
        assert len(outcome.ids) == 1
        assert [task["prompt"] for task in service.tasks if task["_id"] == outcome.id] == [f"{number} kites"]


# Markers.


def test_markers_are_unlike_each_other_and_readable() -> None:
    markers = {new_marker() for _ in range(1000)}
    assert len(markers) == 1000
    assert all(re.fullmatch(r"a2e-[a-z2-7]{13}", marker) for marker in markers)


def test_the_marker_stands_at_the_end_of_a_readable_name() -> None:
    assert with_marker({"prompt": "x"}, "a2e-m", "pictures") == {"prompt": "x", "name": "pictures a2e-m"}
    assert with_marker({"name": "My kite"}, "a2e-m", "pictures") == {"name": "My kite a2e-m"}


async def test_two_starts_of_one_job_have_markers_of_their_own() -> None:
    service = Service()
    job = Pictures(client(service))(prompt="a kite")
    await job.start()
    await job.start()
    assert len({task["name"] for task in service.tasks}) == 2
    assert "name" not in job.body


async def test_a_given_marker_is_used() -> None:
    service = Service()
    await Pictures(client(service))(prompt="a kite").start(marker="order-7")
    assert service.tasks[0]["name"] == "pictures order-7"


async def test_what_was_accepted_is_told_before_anything_else_and_whatever_is_cancelled() -> None:
    service = Service(delay=5.0)
    told: list[str] = []

    async def accepted(records: Any) -> None:
        await anyio.sleep(1)
        told.extend(record["_id"] for record in records)

    with anyio.move_on_after(1) as scope:
        await Pictures(client(service))(prompt="a kite").start(accepted=accepted)
    assert scope.cancel_called
    assert told == [service.tasks[0]["_id"]]
