"""Routes that are missing, broken or odd are left for the next one, and no task is lost by that."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress

import anyio
import httpx
import pytest

from a2e_async._spec.routes import Routes
from a2e_async._tasks.readers import ListPages
from a2e_async._tasks.status import End, end_by_status
from a2e_async.errors import (
    A2EError,
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    UnexpectedReply,
)
from tests.unit.sample import BATCH_DETAIL, GET, LIST, START, ok, refused
from tests.unit.tasks.test_readers import (
    BATCHED,
    DETAIL_ONLY,
    LIST_ONLY,
    A,
    Answers,
    B,
    listing,
    reader,
    record,
    transport_to,
)
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


def page(status: int) -> httpx.Response:
    return httpx.Response(
        status, text="<!DOCTYPE html><pre>Cannot POST</pre>", headers={"content-type": "text/html"}
    )


GONE: dict[str, Callable[[], httpx.Response]] = {
    "404": lambda: refused(404),
    "404 page": lambda: page(404),
    "405": lambda: refused(405),
    "405 page": lambda: page(405),
    "410 page": lambda: page(410),
    "500": lambda: refused(500),
    "500 page": lambda: page(500),
    "501": lambda: refused(501),
    "400": lambda: refused(400),
    "403 page": lambda: page(403),
    "301": lambda: httpx.Response(301, headers={"location": "https://e.com/"}),
    "404 in 200": lambda: httpx.Response(200, json={"code": 404, "message": "no"}),
    "page in 200": lambda: page(200),
    "a text": lambda: ok("soon"),
    "an unknown object": lambda: ok({"x": {"y": 1}}),
    "records without ids": lambda: ok([{"x": 1}]),
    "strangers": lambda: ok([record("stranger")]),
}


class Gone(Answers):
    """Some routes do not work: batch, detail (by an id), other (``detail/{id}``) or list."""

    def __init__(
        self, gone: Callable[[], httpx.Response], *which: str, tasks: Sequence[str] = ("a", "b")
    ) -> None:
        super().__init__()
        self._gone, self._which, self._tasks = gone, which, tasks

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        way = self.way(request)
        if way in self._which:
            return self._gone()
        if way == "list":
            return ok({"rows": [record(name) for name in self._tasks], "count": len(self._tasks)})
        if way == "batch":
            return ok([record(name) for name in json.loads(request.content)["ids"] if name in self._tasks])
        name = request.url.path.rpartition("/")[2]
        return ok(record(name)) if name in self._tasks else refused(404, "no such task")

    @staticmethod
    def way(request: httpx.Request) -> str:
        last = request.url.path.rpartition("/")[2]
        ways = {"batchDetail": "batch", "allRecords": "list"}
        return ways.get(last, "other" if "/detail/" in request.url.path else "detail")

    @property
    def ways(self) -> list[str]:
        return [self.way(request) for request in self.requests]


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
async def test_a_route_that_does_not_work_is_left_for_the_next(gone: Callable[[], httpx.Response]) -> None:
    for which in (("batch",), ("batch", "detail"), ("batch", "detail", "other")):
        answers = Gone(gone, *which)
        source = reader(BATCHED, answers)
        assert (await source.read(["a", "b"])).keys() == {"a", "b"}
        assert (await source.read_one("b")) == record("b")
        before = len(answers.requests)
        # It is remembered.
        assert (await source.read(["a", "b"])).keys() == {"a", "b"}
        assert not set(answers.ways[before:]) & set(which)


@pytest.mark.parametrize("gone", [name for name in GONE if name != "strangers"])  # these deny our tasks
async def test_if_no_route_works_that_is_the_error(gone: str) -> None:
    source = reader(BATCHED, Gone(GONE[gone], "batch", "detail", "other", "list"))
    for read in (source.read(["a", "b"]), source.read_one("a")):
        with pytest.raises(A2EError):
            await read


async def test_a_route_that_did_not_work_is_tried_again_after_an_hour() -> None:
    answers = Gone(lambda: page(404), "batch")
    source = reader(BATCHED, answers)
    for _ in range(100):
        await source.read(["a"])
        await anyio.sleep(30)
    assert answers.ways.count("batch") == 1
    await anyio.sleep(3600)
    await source.read(["a"])
    assert answers.ways.count("batch") == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: refused(401), AuthenticationError),
        (lambda: refused(403), PermissionDenied),
        (lambda: refused(429), RateLimited),
        (lambda: refused(503), ServerError),
        (lambda: page(502), ServerError),
    ],
)
async def test_an_answer_that_concerns_every_route_is_reported(
    answer: Callable[[], httpx.Response], error: type[A2EError]
) -> None:
    answers = Gone(answer, "batch")
    with pytest.raises(error):
        await reader(BATCHED, answers).read(["a"])
    assert answers.ways == ["batch"]


async def test_an_overload_without_end_is_taken_for_a_broken_route() -> None:
    answers = Gone(lambda: page(504), "batch")
    source = reader(BATCHED, answers)
    for _ in range(2):
        with pytest.raises(ServerError):
            await source.read(["a"])
    assert (await source.read(["a"])).keys() == {"a"}
    assert answers.ways == ["batch"] * 3 + ["detail"]


async def test_a_bad_id_does_not_speak_against_a_route_that_has_worked() -> None:
    """The poller then finds the bad id."""
    answers = Answers(batchDetail=lambda request: refused(400) if b"bad" in request.content else ok([A]))
    source = reader(BATCHED, answers)
    await source.read(["a"])
    with pytest.raises(InvalidRequest):
        await source.read(["a", "bad"])
    assert source.batch == 200


@pytest.mark.parametrize("denial", [lambda: refused(404), lambda: refused(400), lambda: ok(None)])
async def test_a_task_is_unknown_only_if_the_list_denies_it_too(denial: Callable[[], httpx.Response]) -> None:
    answers = Gone(denial, "detail", "other", tasks=["a"])
    assert await reader(BATCHED, answers).read_one("a") == record("a")

    source = reader(BATCHED, Gone(denial, "detail", "other", tasks=["other"]))
    with suppress(NotFound, InvalidRequest):
        assert await source.read_one("a") is None

    # A list that cannot be read denies nothing.
    for trouble in (page(500), refused(503), ok("soon"), ok([{"x": 1}])):
        troubled = Answers(a=denial(), allRecords=trouble)
        with pytest.raises((ServerError, UnexpectedReply)):
            await reader(BATCHED, troubled).read_one("a")


async def test_many_unknown_tasks_cost_one_reading_of_the_list() -> None:
    listed = Answers(allRecords=listing(1000))
    source = reader(LIST_ONLY, listed)
    for number in range(50):
        assert await source.read_one(f"lost{number}") is None
    assert len(listed.requests) == 11


async def test_a_task_that_is_newer_than_the_reading_of_the_list_is_found() -> None:
    tasks = [f"t{number}" for number in range(250)]

    def answer(request: httpx.Request) -> httpx.Response:
        start = (int(request.url.params["pageNum"]) - 1) * 100
        return ok({"rows": [record(name) for name in tasks[start : start + 100]]})

    source = reader(LIST_ONLY, Answers(allRecords=answer))
    assert await source.read_one("lost") is None
    tasks.insert(0, "new")
    await anyio.sleep(6)
    assert await source.read_one("new") == record("new")
    assert await source.read_one("t249") == record("t249")


@pytest.mark.parametrize("data", ["soon", {"x": 1}, [{"x": 1}], ["a", "b"], {"rows": ["a"]}, 7])
async def test_a_list_of_an_unknown_shape_is_not_an_empty_list(data: object) -> None:
    with pytest.raises(UnexpectedReply):
        await ListPages(LIST, transport_to(Answers(allRecords=ok(data)))).read(1)


@pytest.mark.parametrize(
    "data", [None, [], {}, {"rows": []}, {"rows": [], "count": 0}, {"list": None, "total": 0}]
)
async def test_an_empty_list(data: object) -> None:
    assert await ListPages(LIST, transport_to(Answers(allRecords=ok(data)))).read(1) == []


async def test_batches_that_never_show_a_task_are_left() -> None:
    """They are answered, but they are always empty."""
    answers = Answers(batchDetail=ok([]), a=ok(A), b=ok(B))
    source = reader(Routes(START, GET, BATCH_DETAIL), answers)
    assert await source.read(["a"]) == {}
    assert await source.read_one("a") == A
    assert await source.read(["a", "b"]) == {"a": A, "b": B}
    assert answers.asked == ["batchDetail", "a", "a", "b"]


async def test_an_id_in_other_letters_is_the_same_id() -> None:
    answers = Answers(batchDetail=ok([record("67D2F0")]))
    assert await reader(BATCHED, answers).read(["67d2f0"]) == {"67d2f0": record("67D2F0")}


async def test_a_detail_that_is_not_ready_is_a_running_task() -> None:
    answers = Answers(a=httpx.Response(202, json={"code": 202}))
    found = await reader(DETAIL_ONLY, answers).read_one("a")
    assert found is not None
    assert end_by_status(found) is End.RUNNING
