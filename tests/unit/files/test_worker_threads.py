"""Work in worker threads beside the task that gives it: results, errors, cancellation."""

from __future__ import annotations

import threading

import anyio
import pytest

from a2e_async._files.worker_threads import worker_threads

pytestmark = pytest.mark.anyio


async def test_the_task_goes_on_while_the_thread_works() -> None:
    gate = threading.Event()
    async with worker_threads() as threads:
        pending = threads.start(gate.wait, 10)
        gate.set()  # never reached if `start` waited
        assert await pending.result()


async def test_what_the_work_raises_comes_out_where_it_is_asked_for() -> None:
    async with worker_threads() as threads:
        forgotten = threads.start(int, "nonsense")
        pending = threads.start(int, "x")
        with pytest.raises(ValueError, match="'x'"):
            await pending.result()
    with pytest.raises(ValueError, match="nonsense"):
        await forgotten.result()


async def test_what_the_block_raises_comes_out_as_it_is_after_the_threads_are_done() -> None:
    gate, done = threading.Event(), threading.Event()

    def work() -> None:
        gate.wait(10)
        done.set()

    async def fail() -> None:
        async with worker_threads() as threads:
            threads.start(work)
            await anyio.lowlevel.checkpoint()
            gate.set()
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await fail()
    assert done.is_set()


@pytest.mark.parametrize("steps", range(8))
async def test_who_is_cancelled_while_asking_sees_nothing_but_that(steps: int) -> None:
    """The work may notice the cancellation before the one who asks does."""
    gate = threading.Event()
    with anyio.CancelScope() as scope:
        async with worker_threads() as threads:

            async def cancel() -> None:
                for _ in range(steps):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
                gate.set()

            async with anyio.create_task_group() as group:
                group.start_soon(cancel)
                pending = threads.start(gate.wait, 10)
                await pending.result()
                await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_work_that_was_cancelled_before_it_began_is_not_mistaken_for_done() -> None:
    with anyio.CancelScope() as scope:
        async with worker_threads() as threads:
            scope.cancel()
            pending = threads.start(int, "1")
            await pending.result()
            raise AssertionError("not reached")
    assert scope.cancelled_caught
