"""A released SDK and a newer server: unknown things are kept and tolerated, and can be used."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from a2e_async import (
    A2E,
    A2EError,
    APIError,
    AuthenticationError,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerError,
    StartPolicy,
    SubmissionUncertain,
    TaskFailed,
    TaskNotFound,
    UnexpectedReply,
)
from a2e_async.sandbox import Sandbox, VirtualClock
from codegen.document.tree import canonical
from tests.codegen.documents import ROOT, operation
from tests.sandbox.families_kit import FAMILIES, new_family

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 64
KNOWN = "/api/v1/userText2Image"
KITE = "/api/v1/userNewKite"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document of a newer service: today's document, and families that this release does not know."""
    content = json.loads((ROOT / "openapi" / "a2e.json").read_text(encoding="utf-8"))
    for name, traits in FAMILIES.items():
        content["paths"] |= new_family(name, **traits)
    content["paths"]["/api/v1/newThing/level"] = {"get": operation()}
    path = tmp_path_factory.mktemp("newer") / "a2e.json"
    path.write_text(canonical(content), encoding="utf-8")
    return path


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(auto=True)


@pytest.fixture
def sandbox(newer: Path, clock: VirtualClock) -> Iterator[Sandbox]:
    with Sandbox(document=newer, clock=clock, durations={"*": 4.0}) as made:
        yield made


@pytest.fixture
async def a2e(sandbox: Sandbox, clock: VirtualClock) -> AsyncIterator[A2E]:
    async with A2E(sandbox.token, base_url=sandbox.url, clock=clock) as client:
        yield client


def body_of(sandbox: Sandbox) -> Any:
    """The body of the last task's start."""
    return sandbox.call(lambda world: list(world.tasks.values())[-1].body)


# ── a2e.request ──────────────────────────────────────────────────────────────────────────────────


async def test_an_operation_that_is_not_known_is_called_with_the_same_token(
    a2e: A2E, sandbox: Sandbox
) -> None:
    assert await a2e.request("GET", "/api/v1/newThing/level") == {}
    started = await a2e.request("POST", f"{KITE}/start", body={"prompt": "a kite", "name": "n"})
    assert await a2e.request("GET", f"{KITE}/{started['_id']}") == {**started, "_id": started["_id"]}
    listed = await a2e.request("GET", f"{KITE}/allRecords", query={"pageNum": 1, "pageSize": 5})
    assert [row["_id"] for row in listed["rows"]] == [started["_id"]]
    assert await a2e.request("DELETE", f"{KITE}/{started['_id']}") == {}
    assert sandbox.ledger.statuses == {200: 5}


async def test_query_and_options_go_with_it(a2e: A2E, sandbox: Sandbox) -> None:
    await a2e.request("POST", f"{KITE}/start", body={"prompt": "a"})
    listed = await a2e.request(
        "GET", f"{KITE}/allRecords", query={"pageNum": 1, "pageSize": 1}, extra_query={"status": "failed"}
    )
    assert listed == {"rows": [], "count": 0}
    made = await a2e.request("POST", f"{KITE}/start", extra_body={"prompt": "b", "brand_new": {"x": [1]}})
    assert made["prompt"] == "b"
    assert body_of(sandbox)["brand_new"] == {"x": [1]}


async def test_files_in_its_body_are_uploaded(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    await a2e.request(
        "POST", f"{KITE}/start", body={"prompt": "a", "image_url": picture, "more": [{"u": PNG}]}
    )
    body = body_of(sandbox)
    assert body["image_url"].startswith("http")
    assert body["more"][0]["u"] == body["image_url"]
    assert sandbox.ledger.uploads.total() == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("POST", f"{KITE}/start", {}, InvalidRequest),
        ("GET", f"{KITE}/65f0c0ffee0000000000a001", None, NotFound),
        ("GET", "/api/v1/userNewerStill/allRecords", None, UnexpectedReply),
        ("DELETE", f"{KITE}/start", None, APIError),
    ],
)
async def test_its_errors_are_those_of_every_call(
    method: str, path: str, body: Any, error: type[APIError], a2e: A2E
) -> None:
    with pytest.raises(error) as caught:
        await a2e.request(method, path, body=body)
    assert (caught.value.method, caught.value.path) == (method, path)


async def test_a_wrong_token_is_reported(sandbox: Sandbox) -> None:
    async with A2E("sk_wrong", base_url=sandbox.url) as a2e:
        with pytest.raises(AuthenticationError) as caught:
            await a2e.request("GET", f"{KITE}/allRecords")
    assert "sk_wrong" not in str(caught.value)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_what_the_caller_knows_to_do_no_harm_is_repeated(
    method: str, a2e: A2E, sandbox: Sandbox
) -> None:
    task = await a2e.request("POST", f"{KITE}/start", body={"prompt": "a"})
    sandbox.script(f"{method} {KITE}/{{_id}}", "status_503", "reset_before", "reset_after", "ok")
    try:
        await a2e.request(method, f"{KITE}/{task['_id']}", repeatable=True)
    except NotFound:
        assert method == "DELETE"  # the request whose answer was lost had deleted the task
    assert sandbox.ledger.count(f"{method} {KITE}/{{_id}}") == 4


@pytest.mark.parametrize("fault", ["status_503", "reset_after", "reset_before", "html"])
@pytest.mark.parametrize(
    ("method", "last"), [("POST", "start"), ("GET", "allRecords"), ("POST", "batchDetail")]
)
async def test_nothing_is_repeated_by_itself_once_it_may_have_arrived(
    method: str, last: str, fault: str, a2e: A2E, sandbox: Sandbox
) -> None:
    sandbox.script(f"{method} {KITE}/{last}", fault, "ok")
    body = {"prompt": "a", "ids": ["a"]} if method == "POST" else None
    with pytest.raises(A2EError, match="sent once and not again"):
        await a2e.request(method, f"{KITE}/{last}", body=body)
    assert sandbox.ledger.count(f"{method} {KITE}/{last}") == 1


async def test_whether_it_may_be_repeated_is_yes_or_no(a2e: A2E, sandbox: Sandbox) -> None:
    repeatable: Any = "no"
    with pytest.raises(InvalidArgument, match="repeatable"):
        await a2e.request("GET", f"{KITE}/allRecords", repeatable=repeatable)
    assert sandbox.ledger.requests == {}


async def test_a_post_that_was_refused_outright_is_repeated(a2e: A2E, sandbox: Sandbox) -> None:
    sandbox.script(f"POST {KITE}/start", "status_429", "ok")
    assert (await a2e.request("POST", f"{KITE}/start", body={"prompt": "a"}))["_id"]
    assert sandbox.ledger.made("new_kite") == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", KNOWN), ("HEAD", KNOWN), ("CONNECT", KNOWN), ("", KNOWN),
        ("GET", ""), ("GET", "/"), ("GET", "api/v1/x"), ("GET", "//host.example/x"), ("GET", "https://host/x"),
        ("GET", "/api/v1/../x"), ("GET", "/api/v1/./x"), ("GET", "/api/v1/%2e%2e/x"), ("GET", "/api/v1/x?y"),
        ("GET", "/api/v1/x#y"), ("GET", "/api/v1/x y"), ("GET", "/api/v1/x\r\nX: y"), ("GET", "/api/v1/x/"),
        ("GET", "/api/v1/\u202e"), ("GET", 5), ("GET", "/@host.example/x"),
    ],
)  # fmt: skip
async def test_what_could_lead_elsewhere_is_refused(
    method: str, path: Any, a2e: A2E, sandbox: Sandbox
) -> None:
    with pytest.raises(InvalidArgument):
        await a2e.request(method, path)
    assert sandbox.ledger.requests == {}


@pytest.mark.parametrize(
    "options",
    [
        {"request_timeout": 0},
        {"extra_headers": {"Authorization": "x"}},
        {"nothing": 1},
        {"extra_query": 5},
        {"body": 5},
        {"extra_body": 5},
    ],
)
async def test_options_are_checked(options: dict[str, Any], a2e: A2E, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgument):
        await a2e.request("GET", f"{KITE}/allRecords", **options)
    assert sandbox.ledger.requests == {}


SWITCH = "minor_suspected_skip"


@pytest.mark.parametrize("place", ["body", "extra_body", "query", "extra_query", "nested", "listed", "cased"])
async def test_the_switch_against_minors_protection_is_not_sent(
    place: str, a2e: A2E, sandbox: Sandbox
) -> None:
    places: dict[str, dict[str, Any]] = {
        "nested": {"body": {"prompt": "a", "input": {SWITCH: True}}},
        "listed": {"body": {"prompt": "a", "inputs": [{SWITCH: True}]}},
        "cased": {"body": {"prompt": "a", SWITCH.upper(): True}},
    }
    values: dict[str, Any] = places.get(place, {place: {SWITCH: True}})

    with pytest.raises(InvalidArgument, match=f"(?i){SWITCH}"):
        await a2e.request("POST", f"{KITE}/start", **values)
    if "query" not in place:
        with pytest.raises(InvalidArgument, match=f"(?i){SWITCH}"):
            await a2e.workflow("userNewKite", values.get("body") or values["extra_body"]).run()
    assert sandbox.ledger.requests == {}


# ── a2e.workflow ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["userNewKite", "newBoat", "userNewTrain", "newBus", "newTram", "userNewCar"]
)
async def test_an_unknown_family_runs_by_convention(
    name: str, a2e: A2E, sandbox: Sandbox, tmp_path: Path
) -> None:
    """It is read by batch, by either form of the detail route, or by its list, whichever it has."""
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    result = await a2e.workflow(name, {"prompt": "a kite", "image_url": picture}).run()
    assert result.record.status == "completed"
    assert result.record.raw["prompt"] == "a kite"
    assert len(result.urls) == 1, "its input is no output"
    [file] = await result.download(tmp_path / "out")
    assert file.stat().st_size
    assert sandbox.ledger.made() == 1


async def test_a_route_that_is_missing_is_asked_for_once(a2e: A2E, sandbox: Sandbox) -> None:
    await a2e.workflow("newBoat", {"prompt": "a"}).run()
    asked = sandbox.ledger.requests
    assert asked["unknown"] <= 2
    assert sandbox.ledger.count("new_boat.get") > 0


async def test_its_task_is_waited_for_again_and_refreshed(a2e: A2E) -> None:
    task = await a2e.workflow("userNewKite", {"prompt": "a"}).start()
    assert (await task.refresh()).status == "initialized"
    result = await task.wait()
    assert result.coins == task.coins
    assert (await task.wait()).record.id == task.id


async def test_its_failure_and_its_loss_are_reported(a2e: A2E) -> None:
    with pytest.raises(TaskFailed):
        await a2e.workflow("userNewKite", {"prompt": "sandbox:fail"}).run()
    with pytest.raises(TaskNotFound):
        await a2e.workflow("userNewKite", {"prompt": "sandbox:vanish"}).run()


async def test_its_lost_start_is_found_in_its_list(a2e: A2E, sandbox: Sandbox) -> None:
    sandbox.script(f"POST {KITE}/start", "reset_after", "ok")
    result = await a2e.workflow("userNewKite", {"prompt": "a"}).run()
    assert result.record.status == "completed"
    assert sandbox.ledger.made() == 1


async def test_its_lost_start_is_not_paid_twice(sandbox: Sandbox, clock: VirtualClock) -> None:
    sandbox.script(f"POST {KITE}/start", "reset_before", "ok")
    async with A2E(sandbox.token, base_url=sandbox.url, clock=clock) as a2e:
        with pytest.raises(SubmissionUncertain):
            await a2e.workflow("userNewKite", {"prompt": "a"}).run()
    assert sandbox.ledger.made() == 0
    sandbox.script(f"POST {KITE}/start", "reset_before", "ok")
    policy = StartPolicy(resubmit=True)
    async with A2E(sandbox.token, base_url=sandbox.url, clock=clock, start=policy) as a2e:
        await a2e.workflow("userNewKite", {"prompt": "a"}).run()
    assert sandbox.ledger.made() == 1


async def test_many_of_it_run_in_bulk_with_a_journal(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    for _ in range(2):
        jobs = [a2e.workflow("userNewKite", {"prompt": f"kite {n}"}).with_key(f"k{n}") for n in range(12)]
        async with a2e.bulk(jobs, journal=tmp_path / "run.db", download_to=tmp_path / "out") as run:
            outcomes = [outcome async for outcome in run]
        assert [outcome.error for outcome in outcomes] == [None] * 12
    assert sandbox.ledger.made() == 12
    assert len(list((tmp_path / "out").iterdir())) == 12
    sizes = sandbox.ledger.batches["new_kite"]
    assert max(sizes) > 6, "polled together"


@pytest.mark.parametrize("name", ["", "a/b", "..", "a.b", "/x", "a b", "1x", "x" * 65, 5, "x?y", "x\n"])
async def test_a_name_that_is_no_segment_is_refused(name: Any, a2e: A2E, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgument, match="name"):
        a2e.workflow(name, {})
    assert sandbox.ledger.requests == {}


@pytest.mark.parametrize("body", [None, [], "x", [("prompt", "a")]])
async def test_a_body_that_is_no_mapping_is_refused(body: Any, a2e: A2E) -> None:
    with pytest.raises(InvalidArgument, match="body"):
        a2e.workflow("userNewKite", body)


# ── What a known family may answer one day ───────────────────────────────────────────────────────


def answering(reply: Any) -> httpx.MockTransport:
    """A service with a single answer: the given reply, or a record in the envelope."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(reply, httpx.Response):
            return reply
        data = [reply] if request.url.path.endswith("/batchDetail") else reply
        return httpx.Response(200, json={"code": 0, "data": data, "brand_new": {"envelope": 1}})

    return httpx.MockTransport(handle)


async def test_unknown_fields_are_kept() -> None:
    record = {"_id": "a1", "current_status": "completed", "image_urls": ["https://e.com/1.png"]}
    extra = {"brand_new": {"deep": [1, None, "x"]}, "ünï": 1, "coins": "many", "prompt": ["not", "text"]}
    async with A2E("sk_x", transport=answering({**record, **extra})) as a2e:
        got = await a2e.text_to_image.get("a1")
        assert got.raw == {**record, **extra}
        assert (got.id, got.coins, got.prompt) == ("a1", None, None)
        result = await a2e.text_to_image.task("a1").wait()
    assert result.record.raw["brand_new"] == {"deep": [1, None, "x"]}
    assert list(result.urls) == ["https://e.com/1.png"]


@pytest.mark.parametrize("status", ["half_done", "PAUSED", "レンダリング", "queued_by_operator"])
async def test_an_unknown_status_is_not_the_end(status: str, sandbox: Sandbox, a2e: A2E) -> None:
    """It is reported unchanged, and the wait ends when the task does."""
    task = await a2e.text_to_image(prompt="a").start()
    sandbox.call(lambda world: _rename_stages(world.tasks[task.id], status))
    assert (await task.refresh()).status == status.lower()
    result = await task.wait()
    assert result.record.status == "completed"


def _rename_stages(task: Any, status: str) -> None:
    stages = tuple((status, begins) for _, begins in task.family.stages)
    task.family = attrs.evolve(task.family, stages=stages)
    task.cache.clear()


async def test_a_value_that_no_enumeration_knows_yet_can_be_sent(a2e: A2E, sandbox: Sandbox) -> None:
    jobs = (
        a2e.image_to_video(image_url="https://e.com/a.png", model_type="BRAND_NEW"),
        a2e.image_to_video(image_url="https://e.com/a.png", extra_body={"model_type": "BRAND_NEW"}),
    )
    for job in jobs:
        assert job.body["model_type"] == "BRAND_NEW"
        with pytest.raises(InvalidRequest, match="BRAND_NEW"):  # this sandbox does not know it either
            await job.start()
    assert sandbox.ledger.made() == 0


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (200, {"code": 77123, "message": "brand new", "trace_id": "t"}, APIError, 77123),
        (200, {"success": False, "error": "brand new", "code": "E_NEW"}, APIError, "E_NEW"),
        (400, {"code": 77123, "message": "brand new"}, InvalidRequest, 77123),
        (418, {"code": 77123, "msg": "brand new", "hint": {"see": "docs"}}, APIError, 77123),
        (451, {"code": "E_NEW", "err_message": "brand new"}, APIError, "E_NEW"),
        (429, {"code": 77123, "message": "brand new"}, RateLimited, 77123),
        (599, {"code": 77123, "message": "brand new"}, ServerError, 77123),
    ],
)
async def test_unknown_error_codes_are_reported_unchanged(
    status: int, body: dict[str, Any], error: type[APIError], code: int | str
) -> None:
    transport = answering(httpx.Response(status, json=body))
    async with A2E("sk_x", transport=transport, clock=_Hasty()) as a2e:
        with pytest.raises(error) as caught:
            await a2e.text_to_image.get("a1")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.message == "brand new"
    assert caught.value.body == body


class _Hasty(VirtualClock):
    """A clock on which every pause ends at once."""

    async def sleep(self, seconds: float) -> None:
        return None


async def test_lists_of_a_newer_shape_are_read() -> None:
    rows = [{"_id": f"a{n}", "current_status": "brand_new", "extra": n} for n in range(3)]
    page = {"rows": [*rows, "no object", None], "count": 3, "cursor": "next", "list": None}
    async with A2E("sk_x", transport=answering(page)) as a2e:
        records = [record async for record in a2e.text_to_image.list()]
    assert [record.raw for record in records] == rows
