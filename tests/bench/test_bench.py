"""The bench's own judgement: the server must be fair, the statistics right. No sockets, no sleeping."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx
import pytest

from tests.bench.server import a2e
from tests.bench.server.app import Bench
from tests.bench.server.peers import PEERS
from tests.bench.server.tasks import Run, Setup
from tests.bench.suites.files import tables as files_tables
from tests.bench.suites.jobs import tables as jobs_tables
from tests.bench.suites.limits import tables as limits_tables
from tests.bench.suites.sync import tables as sync_tables
from tests.bench.suites.webhooks import tables as webhook_tables
from tests.bench.tables import Table, cell, digits, ratio

BASE = "http://bench.test"
SOON = {"seed": 1}
LATER = {"seed": 1, "mean": 1000.0, "spread": 10.0}
A2E = "/api/v1/userImage2Video/"


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The server runs on asyncio only."""
    return str(request.param)


def client_of(bench: Bench) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=cast(Any, bench)), base_url=BASE)


async def begin(client: httpx.AsyncClient, setup: dict[str, Any]) -> None:
    await client.post("/_bench/begin", json=setup)


async def ledger_of(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/_bench/ledger")).json()
    return found


def test_every_client_gets_the_same_durations() -> None:
    runs = [Run(Setup(seed=7, mean=60, spread=20)) for _ in range(2)]
    orders = [range(50), reversed(range(50))]
    durations = []
    for run, order in zip(runs, orders, strict=True):
        for number in order:
            run.start(f'{{"prompt": "bench-{number} x"}}'.encode())
        durations.append({task.job: round(task.done - task.created, 6) for task in run.order})
    assert durations[0] == durations[1]
    assert all(40 <= duration <= 80 for duration in durations[0].values())
    assert max(durations[0].values()) - min(durations[0].values()) > 20


def test_exactly_the_asked_share_of_jobs_meets_a_fault_once() -> None:
    run = Run(Setup(seed=3, fault="drop", faulty=0.1))
    met = [job for job in map(str, range(200)) if run.fault(job)]
    assert len(met) == 20
    assert not any(run.fault(job) for job in met)


def test_calls_to_webhooks_are_lost_by_seed_and_job() -> None:
    run = Run(Setup(seed=3, lost=0.3))
    lost = [job for job in map(str, range(1000)) if run.loses_call(job)]
    assert 250 < len(lost) < 350
    assert lost == [job for job in map(str, range(1000)) if Run(Setup(seed=3, lost=0.3)).loses_call(job)]
    assert not any(Run(Setup(seed=3)).loses_call(job) for job in lost)


def test_a_limited_server_takes_as_many_requests_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    run = Run(Setup(rate=20.0))
    assert sum(run.refuses() for _ in range(30)) == 10
    now += 0.5
    assert sum(run.refuses() for _ in range(30)) == 20
    now += 60.0
    assert sum(run.refuses() for _ in range(30)) == 10
    assert len(run.ledger()["arrivals"]) == 90
    assert not any(Run(Setup()).refuses() for _ in range(1000))


def test_limits_table_shows_use_and_refusals() -> None:
    shares = {"used": 0.95, "refused": 0.0123, "refused_ever": 0.05}
    row = {"client": "a2e_async", "role": "ours", "jobs": 600, "returned": 600, "requests": 720, "wall": 40.0}
    (table,) = limits_tables([{**row, **shares}])
    assert table.rows[0] == ("a2e_async", "600", "95.0%", "1.2%", "5.0%", "1.20", "40")


def test_the_bodies_of_calls_are_records() -> None:
    run = Run(Setup(mean=1000.0))
    task = a2e.start(run, b'{"name": "n", "prompt": "bench-1"}')
    body = json.loads(a2e.called(run, task, BASE))
    assert body["event"] == "task.completed"
    assert (body["data"]["_id"], body["data"]["current_status"]) == (task.id, "completed")
    assert body["data"]["result_url"]


@pytest.mark.anyio
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.show.__name__)
async def test_a_peers_task_is_not_done_before_its_time(peer: Any) -> None:
    async with client_of(Bench(BASE)) as client:
        shown = []
        for setup in (LATER, SOON):
            await begin(client, setup)
            started = await client.post(peer.start, json={"prompt": "bench-4"})
            assert started.status_code == peer.status
            ledger = await ledger_of(client)
            [(job, task, created, done)] = ledger["tasks"]
            assert job == "4"
            assert done - created == pytest.approx(1000, abs=10) if setup is LATER else done == created
            if peer.named:
                read = await client.post(peer.reads, json={peer.named: f"operations/{task}"})
            else:
                read = await client.get(peer.reads + task + ("/status" if "fal" in peer.reads else ""))
            shown.append(read.json())
            assert (await ledger_of(client))["requests"] == {"start": 1, "read": 1}
        running, finished = (json.dumps(reply).lower() for reply in shown)
        words = ("completed", "succeeded", '"done": true')
        assert not any(f'"{word}"' in running or word == '"done": true' in running for word in words)
        assert any(word in finished for word in words)


@pytest.mark.anyio
async def test_a2e_batches_lists_and_counts() -> None:
    async with client_of(Bench(BASE)) as client:
        await begin(client, LATER)
        ids = []
        for number in range(5):
            reply = await client.post(f"{A2E}start", json={"name": f"n{number}", "prompt": f"bench-{number}"})
            ids.append(reply.json()["data"]["_id"])
        batch = (await client.post(f"{A2E}batchDetail", json={"ids": [ids[3], "unknown", ids[0]]})).json()
        assert [record["_id"] for record in batch["data"]] == [ids[3], ids[0]]
        assert {record["current_status"] for record in batch["data"]} == {"processing"}
        page = (await client.get(f"{A2E}allRecords", params={"pageNum": 2, "pageSize": 2})).json()["data"]
        assert [row["name"] for row in page["rows"]] == ["n2", "n1"]
        assert page["count"] == 5
        assert (await client.get(A2E + ids[1])).json()["data"]["name"] == "n1"
        assert (await client.get(A2E + "nothing")).status_code == 404
        assert (await ledger_of(client))["requests"] == {
            "start": 5,
            "batchDetail": 1,
            "allRecords": 1,
            "read": 2,
        }


@pytest.mark.anyio
@pytest.mark.parametrize(("fault", "status", "made"), [("e504", 504, 1), ("e500", 500, 1), ("e429", 429, 0)])
async def test_a_fault_hits_the_reply_and_makes_a_task_or_none(fault: str, status: int, made: int) -> None:
    async with client_of(Bench(BASE)) as client:
        await begin(client, {"seed": 0, "fault": fault, "faulty": 1.0})
        body = {"name": "n", "prompt": "bench-1"}
        assert (await client.post(f"{A2E}start", json=body)).status_code == status
        assert len((await ledger_of(client))["tasks"]) == made
        assert (await client.post(f"{A2E}start", json=body)).status_code == 200


@pytest.mark.anyio
async def test_files_have_their_size_and_ranges() -> None:
    async with client_of(Bench(BASE)) as client:
        await begin(client, {"result_size": 700_000})
        whole = (await client.get("/files/x/result.mp4")).content
        assert len(whole) == 700_000
        assert whole[4:8] == b"ftyp"
        part = await client.get("/files/x/result.mp4", headers={"Range": "bytes=600000-"})
        assert (part.status_code, len(part.content)) == (206, 100_000)
        assert part.headers["content-range"] == "bytes 600000-699999/700000"
        await client.put("/put/key", content=b"x" * 12_345)
        assert (await ledger_of(client))["received"] == 12_345


def job_row(client: str, requests: int, cpu: float, **more: Any) -> dict[str, Any]:
    keys = {"scenario": "5s", "jobs": 200, "role": "peer", "returned": 200, "late_mean": 0.1, "late_p95": 0.2}
    return {"client": client, "requests": requests, "cpu": cpu, "growth": 1e6, "wall": 6.0, **keys, **more}


def column(table: Table, name: str) -> dict[str, str]:
    place = list(table.header).index(name)
    return {row[0]: row[place] for row in table.rows}


def test_jobs_table_gives_medians_extremes_and_ratios() -> None:
    rows = [job_row("naive", requests, 4.0) for requests in (1000, 1200, 1400)]
    rows += [job_row("batched 0.25 s", 240, 0.4), job_row("peer", 600, 0.8, returned=100)]
    rows += [{"client": "broken", "role": "peer", "scenario": "5s", "jobs": 200, "failed": "no wheel"}]
    [table] = jobs_tables(rows)
    assert column(table, "requests a job")["naive"] == "6.00 (5.00-7.00)"
    assert column(table, "requests a job")["peer"] == "6.00"
    assert column(table, "of naive") == {
        "naive": "1.00 x",
        "batched 0.25 s": "0.20 x",
        "peer": "1.00 x",
        "broken": "-",
    }
    assert column(table, "of batched")["peer"] == "4.00 x"
    assert "Not measured: broken (no wheel)." in table.note


def test_webhooks_table_is_made_for_each_number_of_jobs() -> None:
    rows = [
        job_row(name, requests, 0.4, scenario="60s", jobs=jobs, late_mean=0.125)
        for jobs, requests in ((200, 330), (2000, 2200))
        for name in ("a2e_async", "a2e_async webhooks")
    ]
    few, many = webhook_tables(rows)
    assert column(few, "requests a job")["a2e_async webhooks"] == "1.65"
    assert column(few, "late s")["a2e_async"] == "0.125"
    assert "A call arrives after 25 ms" in few.note
    assert "No added delay" in many.note


def test_files_table_gives_speed_not_time() -> None:
    common = {"mode": "uploads", "size": 256 * 1024 * 1024, "cpu": 1.0}
    rows = [{"client": "curl", "wall": 0.3, **common}, {"client": "slow", "wall": 0.6, **common}]
    [table] = files_tables(rows)
    assert column(table, "speed of curl") == {"curl": "1.00 x", "slow": "0.50 x"}


def test_cells_and_ratios_without_numbers_stay_empty() -> None:
    assert cell([{"client": "a"}], "cpu", digits) == "-"
    assert ratio([{"cpu": 1.0}], [], "cpu") is None
    assert ratio([{"cpu": 1.0}], [{"cpu": 0.0}], "cpu") is None


def test_sync_tables_show_what_a_call_costs_more_and_threads() -> None:
    took = {"async_job": 0.0001, "sync_job": 0.0002, "async_get": 0.001, "sync_get": 0.0013}
    call = {"client": "a2e_async.sync", "what": "calls", **took, "async_nothing": 0.0, "sync_nothing": 0.0002}
    threads = {**job_row("a2e_async.sync", 230, 0.4, late_mean=0.5), "what": "jobs"}
    calls, jobs = sync_tables([call, threads])
    assert column(calls, "more ms")["read a task"] == "0.30"
    assert column(jobs, "late s")["a2e_async.sync"] == "0.500"
