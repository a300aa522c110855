"""Webhooks from end to end over sockets: the sandbox calls, a receiver in another thread wakes the client."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from a2e_async import A2E, Job, RetryPolicy, SubmissionUncertain, WaitTimeout
from a2e_async.event_loops import caller_of_this_loop
from a2e_async.hooks import HookSlot, LocalBus, TaskHook
from a2e_async.sandbox import Faults, HookFaults
from a2e_async.webhooks import Webhooks
from tests.sandbox.bulk_kit import cancel_when, drained, entries, ids, pictures, stage
from tests.sandbox.hook_kit import SECRET, Receiver, receiving

pytestmark = pytest.mark.anyio

MEAN, SPREAD = 10.0, 3.0


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver for all tests of the module."""
    with receiving() as running:
        yield running


KINDS = {
    "none": HookFaults(),
    "lost": HookFaults(lost=1.0),
    "late": HookFaults(late=1.0, late_by=10.0),
    "twice": HookFaults(twice=1.0),
    "early": HookFaults(early=1.0),
    "wrong token": HookFaults(wrong_token=1.0),
    "other body": HookFaults(other_body=1.0),
    "delay": HookFaults(delay=2.0),
    "all": HookFaults(
        lost=0.2, late=0.3, twice=0.3, early=0.2, wrong_token=0.2, other_body=0.3, delay=0.5, late_by=5.0
    ),
}


@pytest.mark.parametrize("confirm", [True, False])
@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_happens_to_calls_every_task_ends_once(
    kind: str, confirm: bool, receiver: Receiver
) -> None:
    hooks = receiver.webhooks(confirm=confirm)
    async with stage(
        client={"webhooks": hooks}, hook_faults=KINDS[kind], durations={"*": (MEAN, SPREAD)}
    ) as on:
        async with on.a2e.bulk(pictures(on.a2e, 12)) as run:
            outcomes = await drained(run)
        assert [outcome.error for outcome in outcomes] == [None] * 12
        assert len(set(ids(outcomes))) == on.made() == 12
        for outcome in outcomes:
            assert outcome.result is not None
            assert outcome.result.urls
        statuses = {call.status for call in on.sandbox.hook_calls}
        assert statuses <= ({401, 204} if kind == "all" else {401} if kind == "wrong token" else {204})
        assert statuses or kind in ("lost", "late")


async def test_a_call_saves_the_polls(receiver: Receiver) -> None:
    hooks = receiver.webhooks(confirm=False)
    async with stage(client={"webhooks": hooks}, durations={"*": (60.0, 5.0)}) as on:
        result = await on.a2e.image_to_video(image_url="https://e.com/a.png", prompt="x").run()
        assert result.urls
        [task] = on.sandbox.ledger.tasks
        assert on.clock.now() - task.done_at < 1.0


async def test_the_last_task_of_an_empty_account_and_failures_are_called_too(receiver: Receiver) -> None:
    hooks = receiver.webhooks(confirm=False)
    async with stage(client={"webhooks": hooks}, faults=Faults(task_fails=1.0)) as on:
        async with on.a2e.bulk(pictures(on.a2e, 3)) as run:
            outcomes = await drained(run)
        assert [type(outcome.error).__name__ for outcome in outcomes] == ["TaskFailed"] * 3
        assert {call.status for call in on.sandbox.hook_calls} == {204}


async def test_a_receiver_that_is_away_is_no_error(receiver: Receiver) -> None:
    hooks = Webhooks(SECRET, "http://127.0.0.1:9/a2e")
    async with stage(client={"webhooks": hooks}) as on:
        async with on.a2e.bulk(pictures(on.a2e, 3)) as run:
            outcomes = await drained(run)
        assert [outcome.error for outcome in outcomes] == [None] * 3
        assert {call.status for call in on.sandbox.hook_calls} <= {0}


def wan(a2e: A2E, number: int = 0) -> Job[Any]:
    """A job of the family whose tasks cannot be read back."""
    return a2e.wan30(model="wan3.0-video", input={"prompt": f"{number} kites"}, parameters={})


async def test_wan30_runs(receiver: Receiver) -> None:
    hooks = receiver.webhooks()
    async with stage(client={"webhooks": hooks}) as on:
        result = await wan(on.a2e).run()
        assert result.urls

        task = await wan(on.a2e, 1).start()
        with pytest.raises(WaitTimeout) as info:
            await task.wait(timeout=1.0)
        assert info.value.task is task
        assert (await info.value.task.wait()).urls

        with pytest.raises(WaitTimeout) as info:
            await wan(on.a2e, 2).run(timeout=2.0)
        assert info.value.task is not None
        assert (await info.value.task.wait()).urls

        async with on.a2e.bulk([wan(on.a2e, number) for number in range(3, 6)]) as run:
            outcomes = await drained(run)
        assert [outcome.error for outcome in outcomes] == [None] * 3
        assert on.made() == 6


# Journals.


async def test_another_address_pays_nothing_again(receiver: Receiver, tmp_path: Path) -> None:
    async with stage(client={"webhooks": receiver.webhooks("/one")}) as on:
        async with on.a2e.bulk(pictures(on.a2e, 4), journal=tmp_path / "run.db") as run:
            first = ids(await drained(run))
        other = on.client(webhooks=Webhooks("another secret of sixteen", "https://two.example.com/a2e"))
        async with other, other.bulk(pictures(other, 4), journal=tmp_path / "run.db") as run:
            outcomes = await drained(run)
        assert ids(outcomes) == first
        assert all(outcome.replayed for outcome in outcomes)
        assert on.made() == 4


async def test_a_callers_own_address_is_no_part_of_the_job_either(tmp_path: Path) -> None:
    async with stage() as on:
        for url in ("https://one.example.com/", "https://two.example.com/"):
            jobs = list(pictures(on.a2e, 3, webhook_url=url, webhook_token=url))
            async with on.a2e.bulk(jobs, journal=tmp_path / "run.db") as run:
                assert [outcome.error for outcome in await drained(run)] == [None] * 3
        assert on.made() == 3


async def test_a_resumed_run_hears_of_the_tasks_of_the_one_before(receiver: Receiver, tmp_path: Path) -> None:
    """The marker in the journal leads to them; nothing else is kept."""
    journal = tmp_path / "run.db"
    async with stage(client={"webhooks": receiver.webhooks()}, durations={"*": 300.0}) as on:

        async def work() -> None:
            async with on.a2e.bulk(pictures(on.a2e, 3), journal=journal) as run:
                await drained(run)

        await cancel_when(work, lambda: on.made() == 3)
        hooks = receiver.webhooks(confirm=False)
        heard: list[str] = []
        slots = [hooks.bus.slot(row["marker"]) for row in entries(journal)]
        for slot in slots:
            slot.listen(lambda hook: heard.append(hook.marker))
        later = on.client(webhooks=hooks)
        async with later, later.bulk(pictures(later, 3), journal=journal) as run:
            outcomes = await drained(run)
        assert [outcome.error for outcome in outcomes] == [None] * 3
        assert sorted(heard) == sorted(slot.marker for slot in slots)
        assert on.made() == 3


@pytest.mark.parametrize("named", [True, False])
async def test_a_lost_start_of_an_earlier_run_is_proved_by_the_call(
    named: bool, receiver: Receiver, tmp_path: Path
) -> None:
    journal = tmp_path / "run.db"
    faults = HookFaults(other_body=0.0 if named else 1.0)
    async with stage(
        client={"webhooks": receiver.webhooks(), "retry": RetryPolicy(attempts=1)},
        hook_faults=faults,
        durations={"*": 100.0},
    ) as on:
        on.sandbox.set_faults(Faults(operations="list", status_503=1.0))
        on.sandbox.script("image_to_video.start", "reset_after")

        async def work() -> None:
            async with on.a2e.bulk(pictures(on.a2e, 1), journal=journal) as run:
                await drained(run)

        await cancel_when(work, lambda: on.made() == 1)
        assert [row["state"] for row in entries(journal)] == ["starting"]
        hooks = receiver.webhooks()
        [outcome] = await rerun_with(hooks, on, journal)
        assert on.made() == 1
        if named:
            assert outcome.error is None
        else:
            assert isinstance(outcome.error, SubmissionUncertain)


async def rerun_with(hooks: Webhooks, on: Any, journal: Path) -> list[Any]:
    """Run the picture again with a new client."""
    later = on.client(webhooks=hooks, retry=RetryPolicy(attempts=1))
    async with later, later.bulk(pictures(later, 1), journal=journal) as run:
        return await drained(run)


# Threads, event loops, processes.


class Wire:
    """Connects the buses of several processes."""

    def __init__(self) -> None:
        self.ends: list[WiredBus] = []
        self.messages: list[str] = []


class WiredBus(LocalBus):
    """The bus of one process: what is published there goes to all of them, as text."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        wire.ends.append(self)

    async def publish(self, hook: TaskHook) -> None:
        """Send a call to all processes."""
        message = json.dumps(hook.to_dict())
        self._wire.messages.append(message)
        for end in self._wire.ends:
            end.deliver(TaskHook.from_dict(json.loads(message)))


async def test_the_waiter_is_another_process_than_the_receiver(receiver: Receiver) -> None:
    wire = Wire()
    receives = receiver.webhooks(confirm=False, bus=WiredBus(wire))
    waits = Webhooks(SECRET, receives.url, confirm=False, bus=WiredBus(wire))
    async with stage(client={"webhooks": waits}) as on:
        result = await wan(on.a2e).run()
        assert result.urls
        assert len(wire.messages) == 1
        assert SECRET not in wire.messages[0]


@pytest.mark.parametrize("confirm", [True, False])
def test_a_call_wakes_loops_in_several_threads(confirm: bool, receiver: Receiver) -> None:
    """Loops that anyio has not started. Each has its own slots on the same bus."""
    hooks = receiver.webhooks(confirm=confirm)
    done: list[str] = []

    async def main() -> None:
        async with stage(client={"webhooks": hooks}, durations={"*": (20.0, 5.0)}) as on:
            for job in (wan(on.a2e), *pictures(on.a2e, 1)):
                result = await job.run()
                done.append(result.task.id)
                assert on.clock.now() - on.sandbox.ledger.tasks[-1].done_at < 2.0  # the call came first

            on.sandbox.set_faults(Faults(operations="list", status_503=1.0))
            on.sandbox.script("image_to_video.start", "reset_after")
            [lost] = pictures(on.a2e, 1)
            done.append((await lost.run()).task.id)

    runs: list[Callable[[], object]] = [lambda: asyncio.run(main()), lambda: trio.run(main)]
    threads = [threading.Thread(target=run) for run in (*runs, runs[0])]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert len(done) == 3 * 3


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_has_ended_hears_nothing(backend: str) -> None:
    slot, heard = HookSlot("a2e-x"), [False]

    async def main() -> None:
        call_here = caller_of_this_loop()
        slot.listen(lambda hook: heard.append(call_here(lambda: heard.append(True))))

    anyio.run(main, backend=backend)
    gc.collect()
    slot.deliver(TaskHook("a2e-x"))
    assert heard == [False, False]


@pytest.mark.parametrize("start", [asyncio.run, lambda work: trio.run(lambda: work)])
def test_a_call_runs_where_anyio_knows_the_loop(start: Callable[[Any], object]) -> None:
    """It does not in a plain callback of a loop that it has not started."""
    seen: list[float] = []

    async def main() -> None:
        called, call_here = anyio.Event(), caller_of_this_loop()

        def on_call() -> None:
            seen.append(anyio.current_time())
            called.set()

        threading.Thread(target=call_here, args=[on_call]).start()
        with anyio.fail_after(5):
            await called.wait()

    start(main())
    assert len(seen) == 1
