"""Reading the records of tasks by the routes that the family offers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio
import httpx
import pytest

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation, Paging, many, one
from a2e_async._spec.routes import Routes
from a2e_async._tasks.readers import ListPages, RouteReader
from a2e_async._tasks.status import End, end_by_status
from a2e_async._transport.connections import Connections
from a2e_async._transport.requests import Transport
from a2e_async.clock import SystemClock
from a2e_async.errors import (
    APIError,
    AuthenticationError,
    NotFound,
    ServerError,
    TaskNotFound,
    UnexpectedReply,
)
from a2e_async.policies import RetryPolicy
from a2e_async.records import TaskRecord
from a2e_async.settings import Settings, Token
from tests.unit.sample import (
    BASE,
    BATCH_DETAIL,
    GET,
    LIST,
    PATH,
    START,
    TOKEN,
    Pictures,
    Service,
    client,
    ok,
    refused,
)
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

Answer = httpx.Response | Exception


class Answers:
    """Answers by the last part of the path, and keeps the requests."""

    def __init__(self, **answers: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = answers

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers[request.url.path.rpartition("/")[2]]
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        return answer

    @property
    def asked(self) -> list[str]:
        return [request.url.path.rpartition("/")[2] for request in self.requests]


def reader(routes: Routes, answers: Answers) -> RouteReader:
    return RouteReader(routes, transport_to(answers))


def transport_to(answers: Answers) -> Transport:
    http = Connections(transport=httpx.MockTransport(answers), max_connections=8, timeout=5.0)
    settings = Settings(Token(TOKEN), BASE, 5.0, 8)
    return Transport(http, settings, RetryPolicy(attempts=1), SystemClock())


def record(name: str, status: str = "processing") -> dict[str, Any]:
    return {"_id": name, "current_status": status}


A, B = record("a"), record("b", "completed")
BATCHED = Routes(START, GET, BATCH_DETAIL, LIST)
LISTED = Routes(START, GET, list=LIST)
LIST_ONLY = Routes(START, list=LIST)
DETAIL_ONLY = Routes(START, GET)


@pytest.mark.parametrize(
    "data",
    [
        [A, B],
        [B, A],
        {"rows": [A, B]},
        {"list": [A, B]},
        {"data": [A, B]},
        {"a": A, "b": B},
        [A, None, "x", B, {}],
        [A, B, record("stranger")],
    ],
)
async def test_a_batch_in_every_shape(data: Any) -> None:
    answers = Answers(batchDetail=ok(data))
    records = await reader(BATCHED, answers).read(["a", "b"])
    assert {name: records[name] for name in ("a", "b")} == {"a": A, "b": B}
    assert json.loads(answers.requests[0].content) == {"ids": ["a", "b"]}


@pytest.mark.parametrize(
    "data", [[], {}, None, {"rows": []}, {"message": "nothing"}, {"list": [], "total": 0}]
)
async def test_a_batch_that_knows_no_task(data: Any) -> None:
    assert await reader(BATCHED, Answers(batchDetail=ok(data))).read(["a"]) == {}


async def test_few_are_read_one_by_one_and_many_through_the_list() -> None:
    names = [f"t{number}" for number in range(12)]
    answers = Answers(
        allRecords=ok({"rows": [record(name) for name in names]}),
        **{name: ok(record(name)) for name in names},
    )
    source = reader(LISTED, answers)
    assert list(await source.read(names[:3])) == names[:3]
    assert answers.asked == names[:3]
    assert list(await source.read(names)) == names
    assert answers.asked[3:] == ["allRecords"]
    assert source.batch == 100


def test_how_many_one_request_can_ask_for() -> None:
    assert reader(BATCHED, Answers()).batch == 200
    assert reader(LIST_ONLY, Answers()).batch == 100
    assert reader(DETAIL_ONLY, Answers()).batch == 1


@pytest.mark.parametrize(
    "data",
    [A, [A], {"data": A}, {"record": A}, {"rows": [record("stranger"), A]}, [record("stranger"), A]],
)
async def test_a_detail_in_every_shape(data: Any) -> None:
    assert await reader(DETAIL_ONLY, Answers(a=ok(data))).read_one("a") == A


async def test_a_detail_without_an_id_is_that_of_the_task_that_was_asked_for() -> None:
    bare = {"current_status": "completed"}
    assert await reader(DETAIL_ONLY, Answers(a=ok(bare))).read_one("a") == {"_id": "a", **bare}


@pytest.mark.parametrize("data", [None, {}, [], [None], {"message": "no such task"}])
async def test_a_detail_without_the_task(data: Any) -> None:
    assert await reader(DETAIL_ONLY, Answers(a=ok(data))).read_one("a") is None


@pytest.mark.parametrize("data", [record("stranger"), [record("stranger")], "x", {"x": 1}, 7, ["x"]])
async def test_a_detail_of_another_task_or_shape_is_no_answer(data: Any) -> None:
    """It must not pass for "unknown": the task may be there."""
    with pytest.raises(UnexpectedReply):
        await reader(DETAIL_ONLY, Answers(a=ok(data))).read_one("a")


async def test_an_answer_about_another_task_is_asked_for_again() -> None:
    details = iter([ok(record("stranger")), ok(A)])
    answers = Answers(a=lambda request: next(details))
    assert await reader(DETAIL_ONLY, answers).read_one("a") == A
    assert answers.asked == ["a", "a"]
    batches = iter([ok([record("stranger")]), ok([B, record("stranger")])])
    answers = Answers(batchDetail=lambda request: next(batches))
    assert await reader(BATCHED, answers).read(["b"]) == {"b": B}


async def test_a_detail_by_query() -> None:
    by_query = Operation(
        "GET", "/api/v1/video/detail", one(TaskRecord), query=(Field("video_id", str, required=True),)
    )
    answers = Answers(detail=ok(A))
    assert await reader(Routes(START, by_query), answers).read_one("a") == A
    assert answers.requests[0].url.query == b"video_id=a"


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_one_bad_id_does_not_affect_the_others(status: int) -> None:
    source = reader(DETAIL_ONLY, Answers(a=ok(A), bad=refused(status), b=ok(B)))
    assert await source.read(["a", "bad", "b"]) == {"a": A, "b": B}
    with pytest.raises(APIError):
        await source.read(["bad"])


async def test_an_id_that_is_not_allowed_in_a_path_does_not_affect_the_others() -> None:
    source = reader(DETAIL_ONLY, Answers(a=ok(A), b=ok(B)))
    assert await source.read(["a", "../x", "b"]) == {"a": A, "b": B}


async def test_a_refused_token_is_reported() -> None:
    source = reader(DETAIL_ONLY, Answers(a=ok(A), b=refused(401)))
    with pytest.raises(AuthenticationError):
        await source.read(["a", "b"])


async def test_a_task_that_cannot_be_read_now_is_not_missing() -> None:
    answers = Answers(a=ok(B | {"_id": "a"}), b=refused(503), c=ok(record("c")))
    source = reader(DETAIL_ONLY, answers)
    records = await source.read(["a", "b", "c"])
    assert end_by_status(records["a"]) is End.DONE
    assert records.keys() == {"a", "b", "c"}
    assert end_by_status(records["b"]) is End.RUNNING
    assert end_by_status(records["c"]) is End.RUNNING
    assert answers.asked == ["a", "b"]
    with pytest.raises(ServerError):
        await source.read(["b"])


def listing(count: int, *, cap: int = 100, ignores_page: bool = False) -> Any:
    """A list of this many records, newest first."""

    def answer(request: httpx.Request) -> httpx.Response:
        params: Mapping[str, str] = request.url.params
        size = min(int(params["pageSize"]), cap)
        start = 0 if ignores_page else (int(params["pageNum"]) - 1) * size
        rows = [record(f"t{number}") for number in range(count)]
        return ok({"rows": rows[start : start + size]})

    return answer


@pytest.mark.parametrize("cap", [100, 50, 20])
async def test_a_list_is_read_until_all_are_found(cap: int) -> None:
    source = reader(LIST_ONLY, Answers(allRecords=listing(1000, cap=cap)))
    assert list(await source.read(["t0", "t25"])) == ["t0", "t25"]
    # The list is read further before a task is given up as lost.
    assert list(await source.read(["t900"])) == []
    assert await source.read_one("t900") == record("t900")


async def test_a_list_is_read_no_further_than_needed() -> None:
    answers = Answers(allRecords=listing(1000))
    await reader(LIST_ONLY, answers).read([f"t{number}" for number in range(50)])
    assert len(answers.requests) == 1
    await reader(LIST_ONLY, answers).read(["t999"])
    assert len(answers.requests) == 3


async def test_a_list_that_ignores_the_page_number_comes_to_an_end() -> None:
    answers = Answers(allRecords=listing(1000, ignores_page=True))
    names = [f"t{number}" for number in range(500, 800)]
    assert await reader(LIST_ONLY, answers).read(names) == {}
    assert len(answers.requests) == 2


async def test_a_list_only_family_knows_one_task_by_its_list() -> None:
    source = reader(LIST_ONLY, Answers(allRecords=listing(30)))
    assert await source.read_one("t7") == record("t7")
    assert await source.read_one("t77") is None


@pytest.mark.parametrize(
    ("paging", "count", "last"),
    [
        (Paging("pageNum", "pageSize", 10, 100), 100, False),
        (Paging("pageNum", "pageSize", 10, 100), 37, True),
        (Paging("pageNum", "pageSize", 10, 100), 50, False),
        (Paging("pageNum", "pageSize", 10, 100), 0, True),
        (Paging("pageNum", None), 20, False),
        (Paging("pageNum", None), 7, True),
        (Paging(None, None), 100, True),
        (None, 100, True),
    ],
)
def test_which_page_is_the_last(paging: Paging | None, count: int, last: bool) -> None:
    pages = ListPages(
        Operation("GET", f"{PATH}/allRecords", many(TaskRecord), paging=paging), transport_to(Answers())
    )
    assert pages.is_last([record(str(number)) for number in range(count)]) is last


async def test_a_list_that_is_asked_for_by_post() -> None:
    posted = Operation("POST", f"{PATH}/list", many(TaskRecord), has_body=True)
    answers = Answers(list=ok([A]))
    assert await ListPages(posted, transport_to(answers)).read(1) == [A]
    assert answers.requests[0].content == b"{}"


def test_what_makes_a_family_readable() -> None:
    assert all(
        routes.readable
        for routes in (BATCHED, LISTED, LIST_ONLY, DETAIL_ONLY, Routes(START, batch_detail=BATCH_DETAIL))
    )
    assert not Routes(START).readable


@pytest.mark.parametrize(
    "routes", [BATCHED, LISTED, LIST_ONLY, DETAIL_ONLY], ids=["batch", "list", "list only", "detail"]
)
@pytest.mark.parametrize("count", [1, 10])
async def test_tasks_are_waited_for_by_every_route(routes: Routes, count: int) -> None:
    family = type("Family", (Pictures,), {"name": "family", "routes": routes})
    service = Service(duration=30.0, delay=0.05)
    workflow = family(client(service))
    ended: list[str] = []

    async def job(number: int) -> None:
        ended.append((await workflow(prompt=str(number)).run()).record.raw["prompt"])

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(job, number)
    assert sorted(ended, key=int) == [str(number) for number in range(count)]
    assert anyio.current_time() < 45
    with pytest.raises((TaskNotFound, NotFound)):
        await workflow.task("f" * 24).wait(timeout=100)
