"""Ctrl-C while a call is waited for: what was begun is settled or named, as in the async client."""

from __future__ import annotations

import asyncio
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import anyio
import httpx
import pytest

from a2e_async import StartPolicy
from a2e_async._sync.blocking_call import BlockingCall
from a2e_async._sync.cancelling import Canceller
from a2e_async._sync.faces import Face
from a2e_async._sync.loop_thread import LoopThread
from a2e_async._sync.portal import Portal
from a2e_async.sandbox import ScaledClock
from a2e_async.sync import A2E

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to threads")


FOR_EVER = StartPolicy(grace=3600.0)

handled: queue.SimpleQueue[None] = queue.SimpleQueue()


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Count the interrupts that have reached the main thread."""

    def handle(number: int, frame: object) -> None:
        handled.put(None)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    yield
    signal.signal(signal.SIGINT, before)
    while not handled.empty():
        handled.get()


async def interrupt() -> None:
    """Do what Ctrl-C does, and wait until it has."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(handled.get)


@pytest.fixture(params=["before", "after"])
def impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupt each call twice: the second time right before or after the loop is told of the first."""

    def settle(self: BlockingCall[Any], thread: LoopThread) -> None:
        if request.param == "after":
            thread.call_soon(self._cancel)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(BlockingCall, "_settle", settle)


class Service:
    """Interrupts the caller when it gets a start or is asked for a task.

    Args:
        at: the last part of the path of what interrupts.
        answers: whether it answers all the same, when the interrupt has reached the loop.
    """

    def __init__(self, *, at: str, answers: bool = False) -> None:
        self.at = at
        self.answers = answers
        self.starts = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        kind = request.url.path.rpartition("/")[2]
        if kind == "start":
            self.starts += 1
        if kind == self.at:
            await asyncio.shield(interrupt())
            while not (self.answers and any(task.cancelling() for task in asyncio.all_tasks())):  # noqa: ASYNC110
                await anyio.sleep(0.001)
        record = {"_id": "a" * 24, "current_status": "processing", "coins": 10}
        return httpx.Response(200, json={"code": 0, "data": record if kind == "start" else [record]})


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
    patient = client(service, clock=ScaledClock(speed=50), timeout=3600.0)
    with patient as a2e, pytest.raises(KeyboardInterrupt) as caught:
        a2e.text_to_image(prompt="x").run()
    assert "goes on and is paid for; a2e.text_to_image.task('aaaa" in "".join(caught.value.__notes__)


def test_a_start_that_is_recorded_is_completed_first() -> None:
    recorded: list[Any] = []
    service = Service(at="start", answers=True)
    with client(service) as a2e, pytest.raises(KeyboardInterrupt) as caught:
        a2e.text_to_image(prompt="x").start(accepted=recorded.extend)
    assert [record["_id"] for record in recorded] == ["a" * 24]
    assert "a" * 24 in "".join(caught.value.__notes__)


@pytest.mark.usefixtures("impatient")
def test_a_second_interrupt_means_now() -> None:
    service = Service(at="start")
    with client(service, start=FOR_EVER) as a2e, pytest.raises(KeyboardInterrupt) as caught:
        a2e.text_to_image(prompt="x").start(accepted=lambda records: None)
    assert service.starts == 1
    assert "the start was sent and not answered" in "".join(caught.value.__notes__)


def test_a_bulk_run_settles_its_starts_and_can_be_gone_on_with(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    service = Service(at="start", answers=True)
    with client(service) as a2e:
        jobs = [a2e.text_to_image(prompt="x").with_key("a")]
        with pytest.raises(KeyboardInterrupt), a2e.bulk(jobs, journal=journal) as run:
            list(run)
        assert service.starts == 1

        service.at = "batchDetail"
        with pytest.raises(KeyboardInterrupt), a2e.bulk(jobs, journal=journal) as run:
            list(run)
        assert service.starts == 1  # the first run has recorded its task


@pytest.mark.usefixtures("impatient")
def test_a_second_interrupt_of_a_run_does_not_wait(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Although leaving the run is a call of its own, which neither of the two has interrupted."""
    service = Service(at="start")
    with client(service, start=FOR_EVER) as a2e:
        jobs = [a2e.text_to_image(prompt="x").with_key("a")]
        with pytest.raises(KeyboardInterrupt) as caught, a2e.bulk(jobs, journal=tmp_path / "run.db") as run:
            list(run)
    assert "1 starts were sent and not answered" in caplog.text
    assert "1 starts were sent and not answered" in "".join(caught.value.__notes__)


@pytest.mark.parametrize(("owner", "name"), [(BlockingCall, "_tell"), (Portal, "refuse_in_loop")])
def test_a_second_interrupt_may_come_on_the_way_to_the_end_of_the_run(
    owner: Any, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    original = getattr(owner, name)

    def interrupted(*given: Any) -> Any:
        if isinstance(sys.exception(), KeyboardInterrupt):
            monkeypatch.undo()
            signal.raise_signal(signal.SIGINT)
        return original(*given)

    monkeypatch.setattr(owner, name, interrupted)
    a2e = client(Service(at="start"), start=FOR_EVER)
    with a2e, pytest.raises(KeyboardInterrupt), a2e.bulk([a2e.text_to_image(prompt="x")]) as run:
        list(run)
    assert "1 starts were sent and not answered" in caplog.text


def test_an_interrupt_while_a_run_is_entered_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Face, work: Any) -> Any:
        await_it(self, work)
        monkeypatch.undo()
        raise KeyboardInterrupt

    await_it = Face._await
    with client(Service(at="nothing")) as a2e:
        run: Any = a2e.bulk([a2e.text_to_image(prompt="x")])
        monkeypatch.setattr(Face, "_await", interrupted)
        with pytest.raises(KeyboardInterrupt), run:
            pytest.fail("entered")
        assert run._real._life.closed.is_set()


def test_two_cancellations_at_once_are_two() -> None:
    async def main() -> int:
        canceller, seen = Canceller(), 0
        asyncio.get_running_loop().call_soon(canceller.cancel)
        asyncio.get_running_loop().call_soon(canceller.cancel_again)
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen += 1
        return seen

    assert asyncio.run(main()) == 2


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
