"""A job that is ended early: by its timeout or from outside, it names what goes on at the service."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import anyio
import httpx
import pytest

from a2e_async.errors import RequestTimeout, SubmissionUncertain, WaitTimeout
from tests.unit.sample import Answer, Pictures, Service, Sketches, client, refused
from tests.unit.tasks.start_answers import LOST, on_starts
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


def slow_service(request_seconds: float = 100.0) -> Service:
    return Service(delay=request_seconds)


async def test_a_start_that_is_not_answered_ends_at_the_timeout() -> None:
    service = slow_service()
    with pytest.raises(SubmissionUncertain, match="within 5 s") as info:
        await Pictures(client(service))(prompt="a kite").run(timeout=5)
    assert anyio.current_time() == pytest.approx(5.0, abs=0.1)
    sent = service.requests[0].content.decode()
    assert info.value.marker
    assert info.value.marker in sent


async def test_a_search_ends_at_the_timeout() -> None:
    service = Service(before=on_starts(LOST["504"]))
    with pytest.raises(SubmissionUncertain):
        await Pictures(client(service))(prompt="a kite").run(timeout=5)
    assert anyio.current_time() == pytest.approx(5.0, abs=0.1)


async def test_the_start_counts_as_well() -> None:
    service = Service(delay=2.0, duration=1000.0)
    with pytest.raises(WaitTimeout, match="within 10 s") as info:
        await Pictures(client(service))(prompt="a kite").run(timeout=10)
    assert info.value.task.id == service.tasks[0]["_id"]
    assert anyio.current_time() == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("slow", ["upload", "refusals"])
async def test_a_timeout_before_anything_was_started(slow: str) -> None:
    def before(service: Service, request: httpx.Request) -> Answer | None:
        return refused(429, Retry_After="60") if request.url.path.endswith("/start") else None

    service = Service(before=before) if slow == "refusals" else slow_service()
    source = b"\x89PNG\r\n\x1a\n" if slow == "upload" else None
    with pytest.raises(RequestTimeout, match="nothing was started"):
        await Pictures(client(service))(prompt="a kite", source_url=source).run(timeout=5)
    assert anyio.current_time() == pytest.approx(5.0, abs=0.1)
    assert service.tasks == []


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.WARNING and "cancelled" in record.getMessage()
    ]


@pytest.mark.parametrize("moment", ["unanswered", "running"])
@pytest.mark.parametrize("call", ["run", "start"])
@pytest.mark.parametrize("workflow", [Pictures, Sketches])
async def test_a_cancellation_names_what_goes_on(
    workflow: type[Pictures], call: str, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = slow_service() if moment == "unanswered" else Service(duration=1000.0)
    job = workflow(client(service))(prompt="a kite")
    notes: list[str] = []

    async def hold(records: Any) -> None:
        await anyio.sleep(20)

    async def work() -> None:
        try:
            if call == "run":
                await job.run()
            else:
                await job.start(accepted=hold if moment == "running" else None)
                await anyio.sleep(100)
        except anyio.get_cancelled_exc_class() as cancelled:
            notes.extend(getattr(cancelled, "__notes__", []))
            raise

    with anyio.move_on_after(5):
        await work()

    [note] = notes
    [warning] = warnings_in(caplog)
    assert note in warning
    if moment == "running":
        assert service.tasks[0]["_id"] in note
    elif workflow is Pictures:
        assert "a2e-" in note
    else:
        assert "look for its inputs" in note


async def test_a_timeout_of_asyncio_names_the_task(
    anyio_backend_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    if anyio_backend_name != "asyncio":
        return
    service = Service(duration=1000.0)
    with pytest.raises(TimeoutError) as info:
        async with asyncio.timeout(5):
            await Pictures(client(service))(prompt="a kite").run()
    cause = info.value.__cause__
    assert cause is not None
    assert service.tasks[0]["_id"] in cause.__notes__[0]
    assert len(warnings_in(caplog)) == 1


async def test_nothing_is_said_of_a_job_that_was_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    service = slow_service()
    with anyio.move_on_after(1):
        await Pictures(client(service))(prompt="a kite", source_url=b"\x89PNG\r\n\x1a\n").run()
    assert warnings_in(caplog) == []


async def test_a_task_that_was_never_shown_is_not_said_to_go_on() -> None:
    a2e = client(Service(duration=1000.0))
    unknown = Pictures(a2e).task("nowhere")
    with pytest.raises(WaitTimeout, match=r"within 1 s; the service has not shown it so far: is"):
        await unknown.wait(timeout=1)
    with pytest.raises(WaitTimeout, match="is this its id"):
        await anext(unknown.updates(timeout=1))

    started = await Pictures(a2e)(prompt="a kite").start()
    with pytest.raises(WaitTimeout, match="it goes on"):
        await started.wait(timeout=1)
