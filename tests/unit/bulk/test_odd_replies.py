"""Odd numbers and texts from the service never keep a paid task from being written down."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from a2e_async._journal.entries import Entry
from a2e_async._journal.sqlite.journal import FileJournal
from a2e_async._journal.values import storable
from a2e_async.checks import coins_in
from a2e_async.client import A2E
from a2e_async.errors import (
    AuthenticationError,
    InsufficientCredits,
    PermissionDenied,
    PlanRequired,
    TaskFailed,
    TaskRejected,
)
from tests.unit.sample import Pictures, Service, client, ok, refused
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

ODD_NUMBERS = [10**400, -(10**400), math.nan, math.inf, -math.inf, -5, 1e300, 2**63, True, "12", [], {}, None]


def nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("coins", ODD_NUMBERS, ids=lambda value: repr(value)[:8])
def test_an_odd_price_is_unknown(coins: Any) -> None:
    assert coins_in([{"_id": "t", "coins": coins}]) is None
    assert coins_in([{"_id": "t", "coins": coins}, {"_id": "u", "coins": 2.5}]) == 2.5


ODD_RECORDS: list[Mapping[str, Any]] = [
    *({"coins": number, "seed": number} for number in ODD_NUMBERS),
    {"_id": "\ud800t"},
    {"name": "\udfff", "text": "\x00"},
    {"text": "y" * 3_000_000},
    {"list": nested(900)},
    {"a\ud800": {"b": [math.nan, {"c": 10**400}]}},
]


async def test_any_record_is_written_down(tmp_path: Path) -> None:
    records = {f"job {number}": {"_id": f"t{number}", **odd} for number, odd in enumerate(ODD_RECORDS)}
    async with FileJournal.open(tmp_path / "run.db") as journal:
        for key, record in records.items():
            entry = await journal.take(key, "w", unique=True)
            await journal.record_start(entry, "m", 1.0)
            await journal.record_accepted(entry, [record], coins_in([record]) or 0.0)
            await journal.record_end(entry, [record], None)
            name = str(record["_id"])
            assert await journal.known_among("w", [name], Entry(99, "", "w")) == {name}, key

    async with FileJournal.open(tmp_path / "run.db") as journal:
        for key, record in records.items():
            again = await journal.take(key, "w", unique=True)
            assert again.state == "done", key
            assert list(again.records) == storable([record]), key
            assert again.records[0]["_id"] == record["_id"], key


def test_what_is_stored_is_json_of_anybody() -> None:
    stored = storable({"a": [math.nan, 10**400, 5, 2.5, True, "x", None, b"bytes", {1: object()}]})
    assert stored == {"a": [None, None, 5, 2.5, True, "x", None, None, {"1": None}]}
    json.dumps(stored, allow_nan=False)


async def outcome_of(a2e: A2E, **options: Any) -> Any:
    async with a2e.bulk([Pictures(a2e)(prompt="a kite")], **options) as run:
        return [outcome async for outcome in run], run


@pytest.mark.parametrize("coins", ODD_NUMBERS[::2], ids=lambda value: repr(value)[:8])
async def test_a_run_survives_an_odd_price(coins: Any, tmp_path: Path) -> None:
    def odd(service: Service, request: httpx.Request) -> httpx.Response | None:
        [task] = service.tasks
        content = json.dumps({"code": 0, "data": {"_id": task["_id"], "coins": coins}})
        return httpx.Response(200, content=content)

    service = Service(duration=0.0, after=odd)
    journal = tmp_path / "run.db"
    [outcome], run = await outcome_of(client(service), journal=journal, max_coins=100.0)
    assert outcome.error is None
    assert math.isfinite(run.summary().coins)
    [again], _ = await outcome_of(client(service), journal=journal, max_coins=100.0)
    assert again.replayed
    assert len(service.tasks) == 1


@pytest.mark.parametrize("price", [math.nan, math.inf, -1, 10**400], ids=["nan", "inf", "-1", "huge"])
async def test_an_odd_quote_does_not_lift_the_limit(price: Any) -> None:
    def quote(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/quote"):
            return httpx.Response(200, content=json.dumps({"code": 0, "data": {"coins": price}}))
        return None

    service = Service(duration=0.0, before=quote)
    a2e = client(service)
    jobs = [Pictures(a2e)(prompt=f"{number}") for number in range(10)]
    async with a2e.bulk(jobs, max_coins=65.0) as run:
        outcomes = [outcome async for outcome in run]
    assert len(outcomes) == len(service.tasks) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"code": 401, "message": "invalid token"}, AuthenticationError),
        (402, {"code": 402, "message": "not enough coins"}, InsufficientCredits),
        (200, {"code": 4001, "message": "Invalid token"}, AuthenticationError),
    ],
)
async def test_an_error_of_the_account_stops_the_run(status: int, body: Any, kind: type[Exception]) -> None:
    service = Service(duration=0.0, before=lambda service, request: httpx.Response(status, json=body))
    a2e = client(service)
    jobs = [Pictures(a2e)(prompt=f"{number}") for number in range(50)]
    async with a2e.bulk(jobs, concurrency=4) as run:
        assert [outcome async for outcome in run] == []
    assert isinstance(run.stopped, kind)
    assert service.starts <= 4


async def test_a_plan_without_the_api_stops_the_run() -> None:
    def no_plan(service: Service, request: httpx.Request) -> httpx.Response:
        return refused(403, "API access is only available on paid plans. Please upgrade your plan.")

    service = Service(duration=0.0, before=no_plan)
    a2e = client(service)
    async with a2e.bulk([Pictures(a2e)(prompt=f"{n}") for n in range(50)], concurrency=4) as run:
        assert [outcome async for outcome in run] == []
    assert isinstance(run.stopped, PlanRequired)
    assert service.starts <= 4


@pytest.mark.parametrize("words", ["voice quota reached", "no permission for this model"])
async def test_any_other_403_concerns_one_job(words: str) -> None:
    def refuse_one(service: Service, request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/start") and b"bad" in request.content:
            return refused(403, words)
        return None

    service = Service(duration=0.0, before=refuse_one)
    a2e = client(service)
    jobs = [Pictures(a2e)(prompt="bad" if number == 3 else f"{number}") for number in range(20)]
    async with a2e.bulk(jobs, concurrency=2) as run:
        outcomes = [outcome async for outcome in run]
    [failed] = [outcome for outcome in outcomes if outcome.error]
    assert isinstance(failed.error, PermissionDenied)
    assert run.stopped is None
    assert len(outcomes) == 20


REFUSALS = [
    {"current_status": "failed", "failed_message": "The image may infringe copyright"},
    {"current_status": "failed", "failed_message": "A celebrity was detected"},
    {"current_status": "failed", "failed_message": "侵犯肖像权"},
    {"current_status": "nsfw", "failed_message": ""},
    {"current_status": "failed", "failed_message": "", "failed_code": "PORTRAIT_RIGHT"},
    {"current_status": "failed", "failed_message": "failed", "failed_code": 1003},
    {"current_status": "failed", "failed_message": "", "errorCode": "PORTRAIT_RIGHT"},
]


@pytest.mark.parametrize("record", REFUSALS, ids=repr)
async def test_what_is_finally_refused_is_not_started_again(
    record: Mapping[str, Any], tmp_path: Path
) -> None:
    def failed(service: Service, request: httpx.Request) -> httpx.Response:
        return ok({"_id": service.tasks[-1]["_id"], "coins": 30, **record})

    service = Service(duration=0.0, after=failed)
    for _ in range(2):
        [outcome], _run = await outcome_of(client(service), retries=5, journal=tmp_path / "run.db")
        assert isinstance(outcome.error, TaskFailed)
        assert (service.starts, outcome.attempts) == (1, 1)


async def test_what_failed_otherwise_is_started_again_within_and_between_runs(tmp_path: Path) -> None:
    def failed(service: Service, request: httpx.Request) -> httpx.Response:
        ended = {"current_status": "failed", "failed_message": "out of memory"}
        return ok({"_id": service.tasks[-1]["_id"], **ended})

    service = Service(duration=0.0, after=failed)
    for retries, starts in ((1, 2), (1, 2), (3, 4)):
        [outcome], _run = await outcome_of(client(service), retries=retries, journal=tmp_path / "run.db")
        assert isinstance(outcome.error, TaskFailed)
        assert service.starts == starts


@pytest.mark.parametrize(
    "answer",
    [refused(400, "the picture violates someone's copyright"), refused(403, "portrait right")],
    ids=["400", "403"],
)
async def test_a_start_that_is_finally_refused_stays_refused(answer: httpx.Response, tmp_path: Path) -> None:
    def refuse(service: Service, request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/start"):
            return None
        return httpx.Response(answer.status_code, content=answer.content)

    service = Service(duration=0.0, before=refuse)
    for replayed in (False, True):
        [outcome], _run = await outcome_of(client(service), retries=5, journal=tmp_path / "run.db")
        assert outcome.error is not None
        assert not isinstance(outcome.error, TaskRejected)
        assert outcome.replayed is replayed
        assert service.starts == 1
