"""Blocks of a client that are left twice, or in another task, loop or thread than they were entered in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import pytest

from a2e_async.client import A2E
from tests.unit.sample import TOKEN, Pictures, Service, client
from tests.unit.test_client import door, nothing_left, run_once
from tests.virtual_time import BACKENDS

on_each = pytest.mark.parametrize("backend", BACKENDS)


async def in_a_task(work: object, *args: object) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(work, *args)  # type: ignore[arg-type]


@on_each
def test_entered_in_one_task_and_left_in_another(backend: str) -> None:
    """As a fixture of pytest-asyncio, or a stack that an application holds."""

    async def main(a2e: A2E) -> None:
        stack = AsyncExitStack()
        await in_a_task(stack.enter_async_context, a2e)
        await in_a_task(run_once, a2e)
        assert not a2e.runtime.http.closed
        await in_a_task(stack.aclose)
        assert a2e.runtime.http.closed

    with door() as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url), backend=backend)
        assert server.starts == 1


@on_each
def test_closing_needs_no_block_and_may_be_repeated(backend: str) -> None:
    async def main(a2e: A2E) -> None:
        await a2e.aclose()
        await a2e.__aexit__(None, None, None)
        async with a2e:
            await run_once(a2e)
            await a2e.aclose()
            assert a2e.runtime.http.closed
            await run_once(a2e)
        await a2e.__aexit__(None, None, None)
        await a2e.aclose()
        assert await run_once(a2e) == "67d2"
        assert a2e.runtime.http.closed

    with door() as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url), backend=backend)


@on_each
def test_closing_does_not_break_off_a_request(backend: str) -> None:
    async def main() -> None:
        service = Service(duration=0.0, delay=0.02)
        a2e = client(service)
        done: list[str] = []

        async def work() -> None:
            done.append(await run_once(a2e))

        async with anyio.create_task_group() as group:
            await a2e.__aenter__()
            group.start_soon(work)
            while not service.under_way:
                await anyio.lowlevel.checkpoint()
            await a2e.aclose()
        assert len(done) == 1

    anyio.run(main, backend=backend)


@on_each
def test_left_in_another_loop_after_its_own_has_ended(backend: str) -> None:
    async def enter(a2e: A2E) -> None:
        await a2e.__aenter__()

    async def leave(a2e: A2E) -> None:
        await a2e.__aexit__(None, None, None)
        await a2e.aclose()
        async with a2e:
            await run_once(a2e)

    with door() as server:
        a2e = A2E(TOKEN, base_url=server.url)
        anyio.run(enter, a2e, backend=backend)
        anyio.run(leave, a2e, backend=backend)
        assert server.starts == 1


@on_each
def test_left_in_another_thread_while_its_own_loop_runs(backend: str) -> None:
    """The connections are closed by the loop that they belong to; its tasks go on."""

    async def main(a2e: A2E) -> None:
        async with anyio.create_task_group() as group:
            await a2e.__aenter__()
            group.start_soon(run_once, a2e)
            await run_once(a2e)

            thread = threading.Thread(target=anyio.run, args=(a2e.aclose,))
            thread.start()
            with anyio.fail_after(5):
                while not a2e.runtime.http.closed:  # noqa: ASYNC110 - nothing tells
                    await anyio.sleep(0.001)
            thread.join()
            assert await run_once(a2e) == "67d2"

    with door() as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url), backend=backend)
        assert server.starts == 3


def test_a_generator_that_is_collected_ends_no_task_of_its_user() -> None:
    """asyncio closes it in a task of its own."""

    @asynccontextmanager
    async def opened(a2e: A2E) -> AsyncIterator[A2E]:
        async with a2e:
            yield a2e

    async def records(a2e: A2E) -> AsyncIterator[str]:
        async with opened(a2e):
            for _ in range(3):
                yield await run_once(a2e)

    async def main(a2e: A2E) -> None:
        async for _ in records(a2e):
            break
        await asyncio.sleep(0.01)
        assert a2e.runtime.http.closed
        assert await run_once(a2e) == "67d2"

    with door() as server, nothing_left():
        asyncio.run(main(A2E(TOKEN, base_url=server.url)))


@on_each
def test_tasks_of_a_web_application_use_a_client_that_another_task_has_entered(backend: str) -> None:
    async def main(a2e: A2E) -> None:
        ready, over = anyio.Event(), anyio.Event()

        async def lifespan() -> None:
            async with a2e:
                ready.set()
                await over.wait()

        async with anyio.create_task_group() as group:
            group.start_soon(lifespan)
            await ready.wait()
            async with anyio.create_task_group() as requests:
                for _ in range(5):
                    requests.start_soon(Pictures(a2e)(prompt="a kite").run)
            over.set()

    with door() as server, nothing_left():
        anyio.run(main, A2E(TOKEN, base_url=server.url), backend=backend)
        assert server.starts == 5
