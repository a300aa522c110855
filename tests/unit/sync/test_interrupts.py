"""Ctrl-C while a call is waited for: what was begun is settled or named, as in the async client."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import anyio
import httpx
import pytest

from a2e_async import StartPolicy
from a2e_async.sandbox import ScaledClock
from a2e_async.sync import A2E

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to threads")


handled = threading.Semaphore(0)


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Count the interrupts that have reached the main thread."""

    def handle(number: int, frame: object) -> None:
        handled.release()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    yield
    signal.signal(signal.SIGINT, before)


async def interrupt() -> None:
    """Do what Ctrl-C does, and wait until it has."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(handled.acquire)


class Service:
    """Interrupts the caller when it gets a start or is asked for a task, and answers when it may."""

    def __init__(self, *, at: str, times: int = 1) -> None:
        self.at = at
        self.times = times
        self.starts = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        kind = request.url.path.rpartition("/")[2]
        if kind == "start":
            self.starts += 1
        if kind == self.at:
            for _ in range(self.times):
                await asyncio.shield(interrupt())
            await self._answer_later()
        record = {"_id": "a" * 24, "current_status": "processing", "coins": 10}
        return httpx.Response(200, json={"code": 0, "data": record if kind == "start" else [record]})

    async def _answer_later(self) -> None:
        """Answer a shielded start a moment after the interrupt; others are cancelled here."""
        await anyio.sleep(0.05 if self.times == 1 else 60)


def client(service: Service, **settings: Any) -> A2E:
    return A2E("sk_x", transport=httpx.MockTransport(service), **settings)


def test_a_wait_is_cancelled_and_the_client_goes_on() -> None:
    with client(Service(at="batchDetail")) as a2e:
        with pytest.raises(KeyboardInterrupt):
            a2e.text_to_image.task("a" * 24).wait()
        assert a2e.request("GET", "/api/v1/anything")


def test_an_interrupted_start_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with client(Service(at="start")) as a2e, pytest.raises(KeyboardInterrupt) as caught:
        a2e.text_to_image(prompt="x").start()
    assert "the start was sent and not answered" in "".join(caught.value.__notes__)
    assert "the list of text_to_image" in caplog.text


def test_an_interrupted_run_names_its_task() -> None:
    service = Service(at="batchDetail")
    with client(service, clock=ScaledClock(speed=50)) as a2e, pytest.raises(KeyboardInterrupt) as caught:
        a2e.text_to_image(prompt="x").run()
    assert "goes on and is paid for; a2e.text_to_image.task('aaaa" in "".join(caught.value.__notes__)


def test_a_start_that_is_recorded_is_completed_first() -> None:
    recorded: list[Any] = []
    with client(Service(at="start")) as a2e, pytest.raises(KeyboardInterrupt) as caught:
        a2e.text_to_image(prompt="x").start(accepted=recorded.extend)
    assert [record["_id"] for record in recorded] == ["a" * 24]
    assert "a" * 24 in "".join(caught.value.__notes__)


def test_a_second_interrupt_means_now() -> None:
    service = Service(at="start", times=2)
    with client(service) as a2e, pytest.raises(KeyboardInterrupt):
        a2e.text_to_image(prompt="x").start(accepted=lambda records: None)
    assert service.starts == 1


def test_a_bulk_run_settles_its_starts_and_can_be_gone_on_with(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    service = Service(at="start")
    with client(service) as a2e:
        jobs = [a2e.text_to_image(prompt="x").with_key("a")]
        with pytest.raises(KeyboardInterrupt), a2e.bulk(jobs, journal=journal) as run:
            list(run)
        assert service.starts == 1

        service.at = "batchDetail"
        with pytest.raises(KeyboardInterrupt), a2e.bulk(jobs, journal=journal) as run:
            list(run)
        assert service.starts == 1  # the first run has recorded its task


def test_a_second_interrupt_of_a_run_does_not_wait(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service = Service(at="start", times=2)
    with client(service, start=StartPolicy(grace=3.0)) as a2e:
        jobs = [a2e.text_to_image(prompt="x").with_key("a")]
        with pytest.raises(KeyboardInterrupt), a2e.bulk(jobs, journal=tmp_path / "run.db") as run:
            list(run)
    assert "1 starts were sent and not answered" in caplog.text


def test_a_call_that_had_ended_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """As when Ctrl-C comes together with the answer."""

    async def end_anyhow() -> str:
        with suppress(asyncio.CancelledError):
            await interrupt()
            await asyncio.sleep(60)
        return "yes"

    with client(Service(at="")) as a2e, pytest.raises(KeyboardInterrupt) as caught:
        cast(Any, a2e)._portal.run(end_anyhow)
    assert caught.value.__notes__ == ["the interrupted call had ended with 'yes'"]
    assert "had ended with" in caplog.text


def test_an_interrupt_in_a_callback_stops_the_call() -> None:
    def stop(record: object) -> None:
        raise KeyboardInterrupt

    with client(Service(at="nothing")) as a2e, pytest.raises(KeyboardInterrupt) as caught:
        a2e.text_to_image(prompt="x").run(on_update=stop)
    assert "".join(caught.value.__notes__).count("goes on and is paid for") == 1
