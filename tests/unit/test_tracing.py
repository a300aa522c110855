"""What a client does, as OpenTelemetry's own SDK records it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import httpx
import pytest

from a2e_async import A2E, ConfigurationError, RetryPolicy, StartPolicy, TaskFailed, WaitTimeout
from a2e_async._tasks.status import end_by_status
from a2e_async._tasks.waiting import WaitingTask
from a2e_async.client_events import (
    ClientEvent,
    Downloaded,
    Downloading,
    Failed,
    HookReceived,
    Polled,
    Started,
    Uploaded,
    Uploading,
)
from a2e_async.tracing import Tracing
from tests.virtual_time import anyio_backend

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

TOKEN = "sk_token_of_the_test"
PROMPT = "PROMPT-of-the-test"
TRACE = "opentelemetry.trace"
Attributes = Mapping[str, Any]

_loaded: list[ModuleType] = []


class Telemetry:
    """An application's spans and metrics, in memory."""

    def __init__(self) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self._spans = InMemorySpanExporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.tracer = self.tracers.get_tracer("application")

    def tracing(self, **options: bool) -> Tracing:
        return Tracing(tracer_provider=self.tracers, meter_provider=self.meters, **options)

    def spans(self, name: str | None = None) -> list[ReadableSpan]:
        return [span for span in self._spans.get_finished_spans() if name in (None, span.name)]

    def generated(self) -> list[ReadableSpan]:
        return self.spans("generate image_to_video")

    def metrics(self) -> dict[str, dict[str, float]]:
        """The sums and counts, by name; for each, by what tells its points apart."""
        found: dict[str, dict[str, float]] = {}
        data = self._reader.get_metrics_data()
        for metric in data.resource_metrics[0].scope_metrics[0].metrics if data else ():
            for point in metric.data.data_points:
                about = point.attributes or {}
                key = about.get("error.type") or about.get("a2e.request.type") or ""
                value: Any = point.count if hasattr(point, "count") else getattr(point, "value", 0)
                found.setdefault(metric.name, {})[str(key)] = value
        return found


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Telemetry:
    """OpenTelemetry, loaded for this test alone: clients of other tests must not find it."""
    if not _loaded:
        import opentelemetry.trace

        _loaded.append(sys.modules.pop(TRACE, opentelemetry.trace))
    monkeypatch.setitem(sys.modules, TRACE, _loaded[0])
    return Telemetry()


class Service:
    """Tasks in memory.

    Args:
        seconds: how long tasks take.
        word: the status in which they end.
        replies: what happens to the next requests: an HTTP status or an error for each.
    """

    def __init__(self, seconds: float = 25.0, word: str = "completed", replies: Any = ()) -> None:
        self.seconds = seconds
        self.word = word
        self.replies = list(replies)
        self.born: dict[str, float] = {}
        self.names: dict[str, str] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        reply = self.replies.pop(0) if self.replies else None
        if isinstance(reply, int):
            return httpx.Response(reply, json={"code": reply, "message": f"{PROMPT} {TOKEN}"})
        body = json.loads(request.content) if request.content else {}
        if request.url.path.endswith("/start"):
            name = f"{len(self.born):024x}"
            self.born[name], self.names[name] = anyio.current_time(), body["name"]
            if reply is not None:
                raise reply
            return self._reply(self._record(name))
        if request.url.path.endswith("/batchDetail"):
            return self._reply([self._record(name) for name in body["ids"]])
        return self._reply({"rows": [self._record(name) for name in self.born]})

    def _record(self, name: str) -> dict[str, Any]:
        ended = anyio.current_time() - self.born[name] >= self.seconds
        return {
            "_id": name,
            "name": self.names[name],
            "current_status": self.word if ended else "processing",
            "coins": 30,
            "prompt": PROMPT,
            "failed_message": PROMPT if self.word == "failed" else "",
            "result_url": "https://cdn.example.com/a.mp4?X-Amz-Signature=abc" if ended else "",
        }

    def _reply(self, data: Any) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps({"code": 0, "data": data}).encode()))


def client(service: Service, tracing: Any, **options: Any) -> A2E:
    return A2E(
        TOKEN,
        transport=httpx.MockTransport(service),
        tracing=tracing,
        start=StartPolicy(window=20.0),
        retry=RetryPolicy(random=lambda: 0.5),
        **options,
    )


def job(a2e: A2E) -> Any:
    return a2e.image_to_video(image_url="https://cdn.example.com/a.png", prompt=PROMPT)


def attributes(span: ReadableSpan) -> Attributes:
    return dict(span.attributes or {})


def events(span: ReadableSpan) -> list[str]:
    return [event.name for event in span.events]


def linked(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


def id_of(span: Any) -> int:
    return int(span.get_span_context().span_id)


async def test_a_job_is_a_span_of_its_caller(telemetry: Telemetry) -> None:
    from opentelemetry.trace import SpanKind, StatusCode

    async with client(Service(), telemetry.tracing()) as a2e:
        with telemetry.tracer.start_as_current_span("caller") as caller:
            result = await job(a2e).run()

    [span] = telemetry.generated()
    assert span.parent is not None
    assert (span.parent.span_id, span.kind) == (id_of(caller), SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    assert attributes(span) == {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "a2e",
        "gen_ai.request.model": "image_to_video",
        "gen_ai.output.type": "video",
        "a2e.workflow": "image_to_video",
        "a2e.task.id": result.task.id,
        "a2e.coins": 30,
        "a2e.attempts": 1,
        "a2e.outputs": 1,
    }
    assert events(span) == ["a2e.start.accepted"]


async def test_statuses_are_shown_if_asked_for(telemetry: Telemetry) -> None:
    async with client(Service(), telemetry.tracing(statuses=True)) as a2e:
        await job(a2e).run()
    [span] = telemetry.generated()
    assert [(event.attributes or {}).get("a2e.task.status") for event in span.events] == [
        None, "processing", "completed",
    ]  # fmt: skip


async def test_polls_are_events_of_one_span_for_all_jobs(telemetry: Telemetry) -> None:
    async with client(Service(), telemetry.tracing()) as a2e, anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(job(a2e).run)

    jobs = telemetry.generated()
    [polls] = telemetry.spans("poll image_to_video")
    assert len(telemetry.spans()) == len(jobs) + 1 == 21
    assert polls.parent is None
    assert set(events(polls)) == {"a2e.poll"}
    ended: list[Any] = [(event.attributes or {})["a2e.poll.ended"] for event in polls.events]
    assert sum(ended) == 20
    requests = telemetry.metrics()["a2e.client.requests"]
    assert len(polls.events) == attributes(polls)["a2e.polls"] == requests["poll"]
    assert set(linked(polls)) == {id_of(span) for span in jobs}


async def test_a_long_row_of_polls_is_cut(telemetry: Telemetry) -> None:
    service = Service(seconds=3000.0)
    async with client(service, telemetry.tracing()) as a2e:
        await job(a2e).run(timeout=4000.0)
    rows = telemetry.spans("poll image_to_video")
    assert len(rows) > 1
    assert max(len(row.events) for row in rows) == 100


async def test_what_is_measured(telemetry: Telemetry) -> None:
    service = Service(replies=[429, httpx.ConnectError("refused")])
    async with client(service, telemetry.tracing()) as a2e:
        await job(a2e).run()
        await job(a2e).run()

    metrics = telemetry.metrics()
    assert metrics["a2e.client.jobs"] == {"": 2}
    assert metrics["a2e.client.coins"] == {"": 60}
    assert metrics["gen_ai.client.operation.duration"] == {"": 2}
    assert metrics["a2e.client.lateness"] == {"": 2}
    assert metrics["a2e.client.throttled"] == {"": 1}
    assert metrics["a2e.client.retries"] == {"ConnectionFailed": 1}
    assert metrics["a2e.client.requests"]["start"] == 4


async def test_starts_that_are_repeated_are_counted_in_the_span(telemetry: Telemetry) -> None:
    async with client(Service(replies=[429]), telemetry.tracing()) as a2e:
        await job(a2e).run()
    [span] = telemetry.generated()
    assert attributes(span)["a2e.attempts"] == 2
    assert "a2e.start.again" in events(span)


async def test_a_lost_start_is_searched_for_in_its_span(telemetry: Telemetry) -> None:
    lost = httpx.ReadError("reset")
    async with client(Service(replies=[lost]), telemetry.tracing()) as a2e:
        await job(a2e).run()
    [span] = telemetry.generated()
    assert events(span)[:2] == ["a2e.start.search", "a2e.start.accepted"]
    assert telemetry.metrics()["a2e.client.coins"] == {"": 30}


async def test_a_failed_task_is_an_error(telemetry: Telemetry) -> None:
    from opentelemetry.trace import StatusCode

    async with client(Service(word="failed"), telemetry.tracing()) as a2e:
        with pytest.raises(TaskFailed):
            await job(a2e).run()

    [span] = telemetry.generated()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "TaskFailed")
    assert attributes(span)["error.type"] == "TaskFailed"
    assert telemetry.metrics()["a2e.client.jobs"] == {"TaskFailed": 1}


async def test_a_refused_start_is_an_error(telemetry: Telemetry) -> None:
    async with client(Service(replies=[403]), telemetry.tracing()) as a2e:
        with pytest.raises(Exception, match="403"):
            await job(a2e).run()
    [span] = telemetry.generated()
    assert attributes(span)["http.response.status_code"] == 403
    assert "a2e.task.id" not in attributes(span)
    assert telemetry.metrics()["a2e.client.jobs"] == {attributes(span)["error.type"]: 1}


async def test_a_task_that_is_taken_up_again_is_linked(telemetry: Telemetry) -> None:
    async with client(Service(), telemetry.tracing()) as a2e:
        with telemetry.tracer.start_as_current_span("first"):
            task = await job(a2e).start()
        with pytest.raises(WaitTimeout):
            await task.wait(timeout=5)
        with telemetry.tracer.start_as_current_span("second") as second:
            await task.wait()

    start, waited, last = telemetry.generated()
    assert (linked(start), linked(waited), linked(last)) == ([], [id_of(start)], [id_of(waited)])
    assert last.parent is not None
    assert last.parent.span_id == id_of(second)
    assert attributes(waited)["error.type"] == "WaitTimeout"
    assert attributes(last)["a2e.resumed"] is True
    metrics = telemetry.metrics()
    assert (metrics["a2e.client.jobs"], metrics["a2e.client.coins"]) == ({"": 1}, {"": 30})


async def test_a_task_of_another_process_has_a_span_without_link(telemetry: Telemetry) -> None:
    service = Service()
    async with client(service, False) as a2e:
        task = await job(a2e).start()
    async with client(service, telemetry.tracing()) as a2e:
        await a2e.image_to_video.task(task.id).wait()
    [span] = telemetry.generated()
    assert (linked(span), attributes(span)["a2e.task.id"]) == ([], task.id)
    assert "a2e.client.coins" not in telemetry.metrics()  # the process that started it counts them


async def test_two_that_wait_for_one_task_share_its_span(telemetry: Telemetry) -> None:
    service = Service()
    async with client(service, telemetry.tracing()) as a2e:
        task = await job(a2e).start()
        again = a2e.image_to_video.task(task.id)
        with anyio.move_on_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(task.wait)
                await anyio.sleep(1)
                with telemetry.tracer.start_as_current_span("other") as other:
                    group.start_soon(again.wait)
                    await anyio.sleep(1)
    start, waited = telemetry.generated()
    assert linked(waited) == [id_of(start), id_of(other)]
    assert len(telemetry.spans("poll image_to_video")) <= 1


async def test_a_cancelled_job_leaves_no_open_span(telemetry: Telemetry) -> None:
    async with client(Service(), telemetry.tracing()) as a2e:
        with anyio.move_on_after(5):
            await job(a2e).run()
    [span] = telemetry.generated()
    assert attributes(span)["error.type"] == "Cancelled"
    assert attributes(span)["a2e.goes_on"] is True


async def test_bulk_jobs_have_spans(telemetry: Telemetry, tmp_path: Path) -> None:
    async with client(Service(), telemetry.tracing()) as a2e:
        with telemetry.tracer.start_as_current_span("run") as caller:
            async with a2e.bulk([job(a2e).with_key(f"{i}") for i in range(3)]) as run:
                assert [outcome.error async for outcome in run] == [None] * 3
    assert [span.parent and span.parent.span_id for span in telemetry.generated()] == [id_of(caller)] * 3


async def test_nothing_secret_is_in_spans_unless_asked_for(telemetry: Telemetry) -> None:
    async with client(Service(replies=[429]), telemetry.tracing()) as a2e:
        await job(a2e).run()
    text = "".join(span.to_json() for span in telemetry.spans())
    assert PROMPT not in text
    assert "http" not in text.replace("http.response", "")
    assert TOKEN not in text

    async with client(Service(), telemetry.tracing(prompts=True)) as a2e:
        await job(a2e).run()
    messages = json.loads(attributes(telemetry.generated()[-1])["gen_ai.input.messages"])
    assert messages == [{"role": "user", "parts": [{"type": "text", "content": PROMPT}]}]
    assert TOKEN not in "".join(span.to_json() for span in telemetry.spans())


async def test_the_model_is_the_one_that_is_asked_for(telemetry: Telemetry) -> None:
    async with client(Service(), telemetry.tracing()) as a2e:
        await a2e.text_to_image(prompt=PROMPT, model_type="seedream").start()
    [span] = telemetry.spans("generate text_to_image")
    assert attributes(span)["gen_ai.request.model"] == "seedream"
    assert attributes(span)["gen_ai.output.type"] == "image"


async def test_a_client_is_traced_if_the_application_has_loaded_opentelemetry(telemetry: Telemetry) -> None:
    assert A2E(TOKEN)._events is not None
    assert A2E(TOKEN, tracing=True)._events is not None
    assert A2E(TOKEN, tracing=False)._events is None


async def test_a_client_is_not_traced_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, TRACE, raising=False)
    assert A2E(TOKEN)._events is None
    with pytest.raises(ConfigurationError, match="tracing: 'yes'"):
        A2E(TOKEN, tracing="yes")  # type: ignore[arg-type]


async def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "a2e_async._tracing.spans", None)
    with pytest.raises(ConfigurationError, match="pip install opentelemetry-api"):
        A2E(TOKEN, tracing=True)


async def test_opentelemetry_that_does_not_work_is_in_nobodys_way(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import opentelemetry.metrics

    def old(*arguments: Any) -> None:
        raise TypeError("unexpected keyword")

    monkeypatch.setattr("a2e_async._tracing.spans.Metrics", old)
    assert opentelemetry.metrics
    assert A2E(TOKEN)._events is None
    assert "tracing: OpenTelemetry cannot be used" in caplog.text
    with pytest.raises(ConfigurationError, match="too old"):
        A2E(TOKEN, tracing=True)


async def test_listeners_of_the_caller_hear_as_before(telemetry: Telemetry) -> None:
    heard: list[ClientEvent] = []
    async with client(Service(), telemetry.tracing(), on_event=heard.append) as a2e:
        await job(a2e).run()
    assert {event.kind for event in heard} == {"starting", "started", "polled", "status", "finished"}
    assert len(telemetry.generated()) == 1


def tell(telemetry: Telemetry, *events: ClientEvent) -> Any:
    from a2e_async._tracing.spans import Tracer

    tracer = Tracer(telemetry.tracing())
    for event in events:
        tracer(event)
    return tracer


async def test_transfers_are_spans_without_names(telemetry: Telemetry) -> None:
    tell(
        telemetry,
        Uploading(transfer=1, name="secret.png", sent=0, size=9),
        Uploading(transfer=1, name="secret.png", sent=9, size=9),
        Uploaded(transfer=1, name="secret.png", size=9, content_type="image/png"),
        Downloading(transfer=2, name="secret.mp4", received=0),
        Failed(error="DownloadError", status=404, transfer=2),
        Downloading(transfer=3, name="secret.mp4", received=0),
        Downloaded(transfer=3, name="secret.mp4", size=7, reused=True),
    )
    sent, failed, received = telemetry.spans()
    assert (sent.name, failed.name, received.name) == ("upload", "download", "download")
    assert attributes(sent) == {
        "a2e.file.size": 9, "a2e.file.reused": False, "a2e.file.content_type": "image/png",
    }  # fmt: skip
    assert attributes(failed) == {"error.type": "DownloadError", "http.response.status_code": 404}
    assert not any("secret" in span.to_json() for span in telemetry.spans())


class Startable:
    family = "wan25"
    body: ClassVar = {"prompt": PROMPT}


async def test_calls_of_the_service_are_events_of_the_job(telemetry: Telemetry) -> None:
    tracer = tell(telemetry)
    tracer.start_begins(1, Startable(), awaited=True)
    tracer(Started(workflow="wan25", start=1, task_ids=("a", "b")))
    tracer(HookReceived(workflow="wan25", task_ids=("a", "b"), event="task.completed"))
    tracer(Failed(error="Cancelled", workflow="wan25", task_ids=("a", "b"), goes_on=True))
    [span] = telemetry.spans("generate wan25")
    assert events(span) == ["a2e.start.accepted", "a2e.webhook"]
    assert attributes(span)["a2e.task.ids"] == ("a", "b")


async def test_no_span_stays_open_for_ever(telemetry: Telemetry) -> None:
    tracer = tell(telemetry)
    for number in range(1010):  # callers that are cancelled between start and wait
        tracer.start_begins(number, Startable(), awaited=True)
        tracer(Started(workflow="wan25", start=number, task_ids=(f"{number}",)))
    assert len(telemetry.spans()) == 10

    tracer.start_begins(2000, Startable(), awaited=True)
    tracer.start_ends(2000)  # a search that has found nothing
    assert len(telemetry.spans()) == 11


async def test_polls_of_those_who_iterate_end_too(telemetry: Telemetry) -> None:
    poll = Polled(workflow="wan25", tasks=1, ended=0, seconds=0.05)
    tell(telemetry, poll, Polled(workflow="wan25", tasks=1, ended=1, seconds=0.05, lateness=(0.2,)), poll)
    [polls] = telemetry.spans("poll wan25")
    assert attributes(polls)["a2e.polls"] == 2


@pytest.mark.parametrize(
    ("asked", "called", "late"), [(10.0, None, 5.5), (10.0, 19.0, 1.5), (10.0, 5.0, 5.5), (-1e9, None, None)]
)
async def test_lateness_counts_from_the_call_or_between_two_looks(
    asked: float, called: float | None, late: float | None
) -> None:
    entry = WaitingTask("a", born=0.0, asked=asked, aged=True, judge=end_by_status)
    if called is not None:
        entry.called = called
    assert entry.lateness(20.0, 20.5) == late
