"""A run is left while its database is away: with the starts that are being written down, too."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import anyio
import anyio.abc
import anyio.to_thread
import pytest

from a2e_async._journal.journal import LeaseExpired
from a2e_async._journal.postgres import journal as database_journal
from a2e_async._journal.postgres.journal import DatabaseJournal
from a2e_async._spec.operation import Call
from a2e_async.client import A2E
from a2e_async.policies import StartPolicy
from tests.postgres import Database, OwnDatabase
from tests.unit.sample import Pictures, Service, client

pytestmark = pytest.mark.anyio

GRACE = 0.2  # seconds


@pytest.mark.parametrize("step", ["take", "record_start", "record_accepted"])
async def test_a_run_can_be_left_while_the_database_is_away(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(database_journal, "_CLOSING", 0.1)
    original = getattr(DatabaseJournal, step)
    stopped = anyio.Event()

    async def stop(self: DatabaseJournal, *args: Any, **options: Any) -> Any:
        if own_database.server.runs:
            await anyio.to_thread.run_sync(lambda: own_database.stop(at_once=True))
        stopped.set()
        return await original(self, *args, **options)

    monkeypatch.setattr(DatabaseJournal, step, stop)
    service = Service(duration=3600.0)
    a2e = client(service, start=StartPolicy(grace=GRACE))
    jobs = [Pictures(a2e)(prompt=str(number)) for number in range(3)]
    with anyio.fail_after(10.0):
        async with a2e, a2e.bulk(jobs, concurrency=2, journal=own_database.url):
            await stopped.wait()
            await anyio.sleep(0.05)
    assert service.under_way == 0


@pytest.mark.parametrize("refusals", [1, 3])
async def test_a_start_whose_lease_has_ended_is_written_down_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    original, left = DatabaseJournal.require_lease, [refusals]

    def refuse(self: DatabaseJournal, entry: Any) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise LeaseExpired("no sign of life for 20.0 s")
        original(self, entry)

    monkeypatch.setattr(DatabaseJournal, "require_lease", refuse)
    service = Service(duration=0.0)
    a2e = client(service)
    jobs = [Pictures(a2e)(prompt=str(number)) for number in range(3)]
    async with a2e, a2e.bulk(jobs, journal=database.url) as run:
        outcomes = [outcome async for outcome in run]
    assert run.stopped is None
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert len(service.tasks) == 3


@pytest.mark.parametrize("refused", [2, 3])
async def test_a_request_is_refused_when_its_connection_is_made_and_before_its_body(refused: int) -> None:
    received: list[bytes] = []
    asked, has_ended = 0, anyio.Event()

    def ready() -> None:
        nonlocal asked
        asked += 1
        if asked == refused:
            raise LeaseExpired("no sign of life for 20.0 s")

    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            with suppress(anyio.BrokenResourceError):
                received.extend([piece async for piece in stream])
            has_ended.set()

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with A2E("sk_test.abcdefghijklmnop", base_url=f"http://127.0.0.1:{port}") as a2e:
            call = Call("POST", "/start", body={"name": "one"})
            with pytest.raises(LeaseExpired):
                await a2e.runtime.transport.once(call, ready=ready)
        await has_ended.wait()
        group.cancel_scope.cancel()
    assert asked == refused
    assert b'"one"' not in b"".join(received)
    assert received == [] or refused == 3
