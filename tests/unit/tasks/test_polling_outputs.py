"""Waiting for tasks that are said to be completed before their output is there, and other doubtful ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
import pytest

from a2e_async._spec.routes import Routes
from a2e_async._tasks.polling import Poller
from a2e_async._tasks.status import End, end_of
from a2e_async.errors import OutputMissing, ServerError, TaskFailed
from tests.unit.sample import START, Pictures, Service, client, ok
from tests.unit.tasks.simulation import FakeReader, FakeTask, poller_of
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

URL = "https://cdn.test/1.png"
ROUTES = Routes(START, outputs=("image_urls",))
Show = Callable[[float, str], Mapping[str, Any]]


def judge(raw: Mapping[str, Any]) -> End:
    return end_of(raw, ROUTES)


class Showing(FakeReader):
    """A reader whose records are made by a function of the time and the route."""

    show: Show
    asked: list[tuple[float, str]]

    async def read(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        self.requests += 1
        return {name: self._record(name, "batch") for name in ids}

    async def read_one(self, id: str) -> Mapping[str, Any] | None:
        self.details += 1
        return self._record(id, "detail")

    def _record(self, name: str, route: str) -> Mapping[str, Any]:
        now = anyio.current_time()
        self.asked.append((now, route))
        return {"_id": name, **self.show(now, route)}


def showing(show: Show) -> Showing:
    reader = Showing()
    reader.show, reader.asked = show, []
    return reader


async def wait(poller: Poller, *ids: str) -> Mapping[str, Any]:
    return await poller.wait(ids, born=0.0, judge=judge)


@pytest.mark.parametrize("late", [1.0, 10.0, 30.0])
async def test_a_completed_task_is_asked_for_until_its_output_is_there(late: float) -> None:
    reader = showing(
        lambda now, route: {
            "status": "completed" if now >= 10 else "processing",
            "image_urls": [URL] if now >= 10 + late else [],
        }
    )
    records = await wait(poller_of(reader), "a")
    assert records["a"]["image_urls"] == [URL]
    assert 10 + late <= anyio.current_time() < 10 + late + 10


@pytest.mark.parametrize("shows_it", ["batch", "detail"])
async def test_either_route_may_show_the_output(shows_it: str) -> None:
    reader = showing(
        lambda now, route: {
            "status": "completed",
            "image_urls": [URL] if route == shows_it and now > 5 else [],
        }
    )
    records = await wait(poller_of(reader), "a")
    assert records["a"]["image_urls"] == [URL]
    assert anyio.current_time() < 15
    assert {route for _, route in reader.asked} == {"batch", "detail"}


async def test_an_output_that_never_comes_is_waited_for_some_tens_of_seconds() -> None:
    reader = showing(lambda now, route: {"status": "completed", "image_urls": None})
    poller = poller_of(reader)
    records = await wait(poller, "a")
    assert records["a"]["image_urls"] is None
    assert 40 <= anyio.current_time() < 70
    assert len(reader.asked) < 32
    assert poller.idle


async def test_a_late_output_does_not_hurry_or_hold_up_the_others() -> None:
    reader = showing(lambda now, route: {"status": "processing"})

    def record(name: str, route: str) -> Mapping[str, Any]:
        now = anyio.current_time()
        reader.asked.append((now, route))
        if name == "late":
            return {"_id": name, "status": "completed", "image_urls": []}
        return {"_id": name, "status": "completed" if now > 300 else "processing", "image_urls": [URL]}

    reader._record = record  # type: ignore[method-assign]
    poller = poller_of(reader)
    ended: dict[str, float] = {}

    async def wait_for(name: str) -> None:
        await wait(poller, name)
        ended[name] = anyio.current_time()

    async with anyio.create_task_group() as group:
        for name in ["late", *map(str, range(20))]:
            group.start_soon(wait_for, name)
    assert 40 <= ended.pop("late") < 70
    assert all(300 < end < 330 for end in ended.values())


async def test_requests_that_fail_do_not_use_up_the_patience() -> None:
    down = ServerError("down", status=503)

    class Down(Showing):
        async def read(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
            if 5 < anyio.current_time() < 500:
                raise down
            return await super().read(ids)

        async def read_one(self, id: str) -> Mapping[str, Any] | None:
            if 5 < anyio.current_time() < 500:
                raise down
            return await super().read_one(id)

    reader = Down()
    reader.asked = []
    reader.show = lambda now, route: {"status": "completed", "image_urls": [URL] if now > 505 else []}
    records = await wait(poller_of(reader), "a")
    assert records["a"]["image_urls"] == [URL]


async def test_an_output_without_a_status_is_the_end_at_once() -> None:
    reader = showing(lambda now, route: {"image_urls": [URL] if now >= 10 else []})
    await wait(poller_of(reader), "a")
    assert anyio.current_time() < 20


async def test_an_unknown_status_with_an_output_ends_when_nothing_changes_any_more() -> None:
    reader = showing(
        lambda now, route: {"status": "brand_new", "image_urls": [f"{URL}?{min(int(now / 20), 5)}"]}
    )
    records = await wait(poller_of(reader), "a")
    assert records["a"]["image_urls"] == [f"{URL}?5"]
    assert 160 <= anyio.current_time() < 200


async def test_an_unknown_status_without_an_output_is_never_the_end() -> None:
    reader = showing(lambda now, route: {"status": "brand_new", "failed_message": "?", "image_urls": []})
    with anyio.move_on_after(5000) as scope:
        await wait(poller_of(reader), "a")
    assert scope.cancelled_caught


async def test_a_task_that_only_batches_know_is_not_lost_while_its_output_is_late() -> None:
    reader = showing(lambda now, route: {"status": "completed", "image_urls": [URL] if now > 30 else []})

    async def unknown(id: str) -> None:
        return None

    reader.read_one = unknown  # type: ignore[method-assign]
    records = await wait(poller_of(reader), "a")
    assert records["a"]["image_urls"] == [URL]


async def test_the_default_is_to_believe_the_status() -> None:
    reader = FakeReader(tasks={"a": FakeTask(5.0)})
    await poller_of(reader).wait(["a"], born=0.0)
    assert anyio.current_time() < 10


# ── As a user sees it ────────────────────────────────────────────────────────────────────────────


def without_output(task: Mapping[str, Any], status: str = "completed") -> dict[str, Any]:
    return {"_id": task["_id"], "current_status": status, "image_urls": [], "coins": 30}


async def test_a_missing_output_is_an_error_that_holds_the_task() -> None:
    late = True
    service = Service(duration=0.0)
    service.after = lambda service, request: ok(without_output(service.tasks[0])) if late else None

    def answer(service: Service, request: Any) -> Any:
        return (
            ok([without_output(service.tasks[0])])
            if late and not request.url.path.endswith("start")
            else None
        )

    service.before = answer
    with pytest.raises(OutputMissing) as info:
        await Pictures(client(service))(prompt="x").run()
    assert info.value.task_id == service.tasks[0]["_id"]
    assert str(info.value.task_id) in str(info.value)
    assert 40 <= anyio.current_time() < 80
    assert service.starts == 1

    late = False
    result = await info.value.task.wait()
    assert len(result.urls) == 1


async def test_one_of_several_tasks_without_its_output() -> None:
    service = Service(duration=1.0, several=lambda body: 3)

    whole = Service._record
    shown = lambda self, task: (  # noqa: E731
        without_output(task) if task is self.tasks[1] and anyio.current_time() < 40 else whole(self, task)
    )

    type(service)._record = shown  # type: ignore[method-assign]
    try:
        result = await Pictures(client(service))(prompt="x").run()
    finally:
        type(service)._record = whole  # type: ignore[method-assign]
    assert len(result.urls) == len(result.records) == 3
    assert anyio.current_time() >= 40


async def test_a_failure_is_told_with_its_code() -> None:
    service = Service(duration=0.0, fails="x")
    whole = Service._record
    service.after = lambda service, request: ok({**whole(service, service.tasks[0]), "failed_code": "E17"})
    with pytest.raises(TaskFailed, match=r"it did not work \(code E17\)"):
        await Pictures(client(service))(prompt="x").run()
