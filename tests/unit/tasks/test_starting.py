"""Starts: whatever happens, one job makes one task, or the start reports that it cannot know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from a2e_async.jobs import Job
from a2e_async.policies import RetryPolicy, StartPolicy
from a2e_async.tasks import Task
from tests.unit.sample import (
    Answer,
    PictureRecord,
    Pictures,
    Service,
    Sketches,
    client,
    ok,
    refused,
)
from tests.unit.tasks.start_answers import LOST, REFUSED, UNDELIVERED, on_starts
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("workflow", [Pictures, Sketches])
@pytest.mark.parametrize("failure", [*UNDELIVERED, *REFUSED])
async def test_a_start_that_provably_made_nothing_is_sent_again(
    workflow: type[Pictures], failure: str
) -> None:
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
    service = Service(before=on_starts(*[REFUSED["429"]] * 1000))
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
        (ok("content refused"), "content refused"),
        (ok({"message": "content refused"}), "content refused"),
        (httpx.Response(200, json={"code": 0, "message": "NSFW content detected"}), "NSFW content detected"),
        (httpx.Response(200, json={"code": 0, "data": {}, "message": "涉及版权"}), "涉及版权"),
        (
            httpx.Response(200, json={"code": 0, "data": None, "msg": "NSFW content detected"}),
            "NSFW content detected",
        ),
    ],
)
async def test_a_success_whose_words_refuse_is_a_rejection(answer: httpx.Response, words: str) -> None:
    service = Service(before=on_starts(lambda: answer))
    with pytest.raises(TaskRejected, match=words):
        await Pictures(client(service))(prompt="a kite").start()
    assert (service.starts, service.lists) == (1, 0)


UNCLEAR: list[Any] = [None, {}, [], "ok", 1, {"count": 1}, {"message": "Task created"}, {"user_id": "65f0"}]


@pytest.mark.parametrize("data", UNCLEAR)
@pytest.mark.parametrize("workflow", [Pictures, Sketches])
async def test_a_success_without_an_id_is_searched_for(workflow: type[Pictures], data: Any) -> None:
    service = Service(after=on_starts(lambda: ok(data)))
    task = await workflow(client(service))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert service.starts == 1


@pytest.mark.parametrize("data", UNCLEAR)
async def test_a_success_without_an_id_and_without_a_task_is_a_rejection(data: Any) -> None:
    """It is not sent again: the service has answered."""
    service = Service(before=on_starts(lambda: ok(data)))
    a2e = client(service, start=StartPolicy(resubmit=True))
    with pytest.raises(TaskRejected):
        await Pictures(a2e)(prompt="a kite").start()
    assert (service.starts, len(service.tasks)) == (1, 0)


@pytest.mark.parametrize("resubmit", [True, False])
async def test_a_reply_with_another_starts_marker_is_not_ours(resubmit: bool) -> None:
    service = Service(several=lambda body: 1)
    other = {"_id": "e" * 24, "name": "pictures a2e-abcdefghij234", "coins": 1}
    service.after = on_starts(lambda: ok(other))
    task = await Pictures(client(service, start=StartPolicy(resubmit=resubmit)))(prompt="a kite").start()
    assert task.id == service.tasks[0]["_id"]
    assert service.starts == 1


@pytest.mark.parametrize("name", [None, "", "pictures", "pictures a2e-ab", "PICTURES", 7])
async def test_a_service_that_echoes_no_name_or_cuts_it_is_not_suspected(name: Any) -> None:
    service = Service(after=on_starts(lambda: ok({"_id": "e" * 24, "name": name})))
    task = await Pictures(client(service))(prompt="a kite").start()
    assert (task.id, service.lists) == ("e" * 24, 0)


async def test_a_reply_to_another_unmarked_start_is_not_ours() -> None:
    service = Service()
    sketches = Sketches(client(service))
    first = await sketches(prompt="one").start()
    service.after = on_starts(None, lambda: ok(service.tasks[0]))
    second = await sketches(prompt="two").start()
    assert (first.id, second.id) == (service.tasks[0]["_id"], service.tasks[1]["_id"])


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_a_refusal_for_rights_is_a_moderation_error(status: int) -> None:
    service = Service(before=on_starts(lambda: refused(status, "the portrait right of a celebrity")))
    with pytest.raises(ModerationError, match="celebrity"):
        await Pictures(client(service))(prompt="a kite").start()
    assert service.starts == 1


async def test_a_redirecting_host_is_reported_at_once() -> None:
    service = Service(
        before=lambda service, request: httpx.Response(308, headers={"location": "https://elsewhere.test/"})
    )
    with pytest.raises(A2EError, match="base URL"):
        await Pictures(client(service))(prompt="a kite").start()
    assert len(service.requests) == 1


@pytest.mark.parametrize("resubmit", [True, False])
@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None, max_examples=12)
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
    """Jobs with and without a name, each with its own faults, delays and time of arrival."""
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


async def test_an_accepted_task_is_reported_first_even_if_the_start_is_cancelled() -> None:
    service = Service(delay=5.0)
    reported: list[str] = []

    async def accepted(records: Any) -> None:
        await anyio.sleep(1)
        reported.extend(record["_id"] for record in records)

    with anyio.move_on_after(1) as scope:
        await Pictures(client(service))(prompt="a kite").start(accepted=accepted)
    assert scope.cancel_called
    assert reported == [service.tasks[0]["_id"]]
