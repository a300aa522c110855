"""What a client does is told to its listeners: everything that matters, and no secret."""

from __future__ import annotations

import json
import logging
import pickle
import timeit
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

from a2e_async import (
    A2E,
    A2EError,
    ConfigurationError,
    Lateness,
    RetryPolicy,
    StartPolicy,
    TaskFailed,
    client_events,
)
from a2e_async.announcer import SILENT, Announcer
from a2e_async.client_events import ClientEvent, Failed, Finished, Polled, Started, StatusChanged
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

TOKEN = "sk_token_of_the_test"
PROMPT = "PROMPT-of-the-test"
SIGNED = "X-Amz-Signature=abcdef"


class Service:
    """Tasks that show a status of their own every ten seconds, in memory.

    Args:
        seconds: how long tasks take.
        word: the status in which they end.
        replies: what happens to the next requests: an HTTP status or an error for each.
    """

    def __init__(
        self, seconds: float = 25.0, word: str = "completed", replies: list[Any] | None = None
    ) -> None:
        self.seconds = seconds
        self.word = word
        self.replies = replies or []
        self.polls = 0
        self.born: dict[str, float] = {}
        self.names: dict[str, str] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        reply = self.replies.pop(0) if self.replies else None
        path = request.url.path
        if isinstance(reply, int):
            return httpx.Response(reply, json={"code": reply, "message": f"{PROMPT} {SIGNED} {TOKEN}"})

        body = json.loads(request.content) if request.content else {}
        if path.endswith("/start"):
            name = f"{len(self.born):024x}"
            self.born[name], self.names[name] = anyio.current_time(), body["name"]
            if reply is not None:
                raise reply
            return self._reply(self._record(name))

        if path.endswith("/batchDetail"):
            self.polls += 1
            return self._reply([self._record(name) for name in body["ids"]])
        return self._reply({"rows": [self._record(name) for name in self.born]})

    def _record(self, name: str) -> dict[str, Any]:
        age = anyio.current_time() - self.born[name]
        ended = age >= self.seconds

        return {
            "_id": name,
            "name": self.names[name],
            "current_status": self.word if ended else "queued" if age < 10 else "processing",
            "process": min(99, int(age // 10 * 30)),
            "coins": 30,
            "prompt": PROMPT,
            "failed_message": f"{PROMPT} {SIGNED}" if ended and self.word == "failed" else "",
            "result_url": f"https://cdn.example.com/a.mp4?{SIGNED}" if ended else "",
        }

    def _reply(self, data: Any) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps({"code": 0, "data": data}).encode()))


def client(service: Service, *listeners: Callable[[ClientEvent], Any], **options: Any) -> A2E:
    return A2E(
        TOKEN,
        transport=httpx.MockTransport(service),
        on_event=list(listeners),
        start=StartPolicy(window=20.0),
        retry=RetryPolicy(random=lambda: 0.5),
        **options,
    )


def job(a2e: A2E) -> Any:
    return a2e.image_to_video(image_url=f"https://cdn.example.com/a.png?{SIGNED}", prompt=PROMPT)


def kinds(events: list[ClientEvent]) -> list[str]:
    """The kinds of the events, without polls and without repetitions."""
    found = [event.kind for event in events if not isinstance(event, Polled)]
    return [kind for kind, before in zip(found, [None, *found], strict=False) if kind != before]


async def test_the_life_of_a_job_is_told() -> None:
    events: list[ClientEvent] = []
    async with client(Service(), events.append) as a2e:
        result = await job(a2e).with_key("order-17").run()

    assert kinds(events) == ["starting", "started", "status", "finished"]
    [started] = [event for event in events if isinstance(event, Started)]
    assert (started.workflow, started.task_ids, started.key, started.coins) == (
        "image_to_video", result.task.ids, "order-17", 30,
    )  # fmt: skip
    statuses = [(event.status, event.progress) for event in events if isinstance(event, StatusChanged)]
    assert statuses == [("queued", 0.0), ("processing", 30.0), ("processing", 60.0), ("completed", 60.0)]
    [finished] = [event for event in events if isinstance(event, Finished)]
    assert (finished.task_ids, finished.coins, finished.outputs) == (result.task.ids, 30, 1)
    assert finished.elapsed == result.elapsed


async def test_listening_costs_no_request() -> None:
    heard, silent = Service(), Service()
    async with client(heard, lambda event: None) as a2e:
        await job(a2e).run()
    async with A2E(TOKEN, transport=httpx.MockTransport(silent)) as a2e:
        await job(a2e).run()
    assert heard.polls == silent.polls


async def test_a_task_is_finished_once() -> None:
    events: list[ClientEvent] = []
    async with client(Service(), events.append) as a2e:
        task = await job(a2e).start()
        await task.wait()
        await task.wait()
    assert [event.kind for event in events].count("finished") == 1


async def test_a_lost_start_is_reconciled() -> None:
    events: list[ClientEvent] = []
    async with client(Service(replies=[httpx.ReadError("reset")]), events.append) as a2e:
        await job(a2e).run()
    assert kinds(events)[:3] == ["starting", "reconciling", "started"]
    assert {event.start for event in events if hasattr(event, "start")} == {events[0].start}  # type: ignore[attr-defined]


async def test_throttled_and_repeated_requests_are_told() -> None:
    events: list[ClientEvent] = []
    service = Service(replies=[429, None, 503])
    async with client(service, events.append) as a2e:
        await job(a2e).run()
    assert kinds(events) == [
        "starting", "throttled", "starting", "started", "retried", "status", "finished",
    ]  # fmt: skip
    [again] = [event for event in events if event.kind == "retried"]
    assert again.to_dict()["status"] == 503


@pytest.mark.parametrize(
    ("make", "error", "goes_on"),
    [
        (lambda: Service(word="failed"), "TaskFailed", False),
        (lambda: Service(replies=[400]), "InvalidRequest", False),
        (lambda: Service(seconds=1e6), "WaitTimeout", True),
    ],
)
async def test_each_end_is_told(make: Callable[[], Service], error: str, goes_on: bool) -> None:
    events: list[ClientEvent] = []
    async with client(make(), events.append) as a2e:
        with suppress(A2EError):
            task = await job(a2e).start()
            await task.wait(timeout=100)
            pytest.fail("it has ended well")

    [failed] = [event for event in events if isinstance(event, Failed)]
    assert (failed.error, failed.goes_on, failed.workflow) == (error, goes_on, "image_to_video")


async def test_a_cancelled_wait_is_told() -> None:
    events: list[ClientEvent] = []
    async with client(Service(), events.append) as a2e:
        with anyio.move_on_after(5):
            await job(a2e).run()
    assert [(event.error, event.goes_on) for event in events if isinstance(event, Failed)] == [
        ("Cancelled", True)
    ]


async def test_no_event_holds_a_secret() -> None:
    events: list[ClientEvent] = []
    for service in (
        Service(replies=[429, None, 503]),
        Service(word="failed"),
        Service(replies=[httpx.ReadError(f"{SIGNED} {TOKEN}")]),
        Service(replies=[400]),
        Service(word=f"failed {PROMPT} {'x' * 40}"),
    ):
        async with client(service, events.append) as a2e:
            with suppress(A2EError):
                await job(a2e).run(timeout=100)

    assert len({event.kind for event in events}) >= 7
    shown = "".join(f"{event!r}{json.dumps(event.to_dict())}{attrs.asdict(event)}" for event in events)
    assert not any(secret in shown for secret in (TOKEN, PROMPT, SIGNED, "https://"))


async def test_a_listener_that_fails_is_logged_once_and_dropped(caplog: pytest.LogCaptureFixture) -> None:
    told: list[ClientEvent] = []
    failed: list[ClientEvent] = []

    def broken(event: ClientEvent) -> None:
        failed.append(event)
        raise KeyError("mine")

    async def forgotten() -> None:
        pass

    async with client(Service(), broken, told.append, lambda event: forgotten()) as a2e:
        assert (await job(a2e).run()).coins == 30
    assert len(failed) == 1
    assert len(told) > 5
    problems = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ["on_event" in record.getMessage() for record in problems] == [True, True]


@pytest.mark.parametrize("given", [1, "x", ["x"]])
def test_a_listener_that_cannot_be_called_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="on_event"):
        A2E(TOKEN, on_event=given)


def test_an_async_listener_is_refused() -> None:
    async def listener(event: ClientEvent) -> None:
        pass

    class Listener:
        async def __call__(self, event: ClientEvent) -> None:
            pass

    for given in (listener, Listener()):
        with pytest.raises(ConfigurationError, match="put_nowait"):
            A2E(TOKEN, on_event=given)


def test_what_nobody_hears_costs_next_to_nothing() -> None:
    events = Announcer()
    rounds = 20_000
    spent = min(timeit.repeat(lambda: events.heard, number=rounds, repeat=5)) / rounds
    assert spent < 1e-6
    assert not SILENT.heard


@pytest.mark.parametrize("name", [name for name in client_events.__all__ if name != "ClientEvent"])
def test_events_are_frozen_plain_data(name: str) -> None:
    kind = getattr(client_events, name)
    values = {"str": "x", "int": 1, "float": 1.0, "bool": True, "tuple[str, ...]": ("a",)}
    required = {
        field.name: values[str(field.type).partition(" |")[0]]
        for field in attrs.fields(kind)
        if field.default is attrs.NOTHING
    }
    event = kind(**required)

    assert pickle.loads(pickle.dumps(event)) == event
    assert json.loads(json.dumps(event.to_dict()))["kind"] == kind.kind
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.time = 1.0


def test_each_kind_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8")
    for name in client_events.__all__:
        kind = getattr(client_events, name)
        assert f"`{name}`" in page
        assert f"`{kind.kind}`" in page or name == "ClientEvent"


async def test_a_failed_task_has_the_code_of_the_service() -> None:
    events: list[ClientEvent] = []

    class Coded(Service):
        def _record(self, name: str) -> dict[str, Any]:
            return {**super()._record(name), "failed_code": "GENERATION_FAILED"}

    async with client(Coded(word="failed"), events.append, lateness=Lateness(1.0)) as a2e:
        with pytest.raises(TaskFailed):
            await job(a2e).run()
    assert [event.code for event in events if isinstance(event, Failed)] == ["GENERATION_FAILED"]


async def test_a_bulk_run_tells_that_it_waits_for_the_service() -> None:
    events: list[ClientEvent] = []
    service = Service(replies=[httpx.ConnectError("refused")])
    async with client(service, events.append) as a2e, a2e.bulk([job(a2e)]) as run:
        assert [outcome.error async for outcome in run] == [None]
    assert "retried" in kinds(events)
    assert kinds(events)[-2:] == ["status", "finished"]
