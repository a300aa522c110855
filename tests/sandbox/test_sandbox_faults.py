"""Every fault happens when it is asked for, and only then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from a2e_async.sandbox import Faults, media
from a2e_async.sandbox.fault_plan import FaultPlan, matches
from a2e_async.sandbox.faults import KINDS
from tests.sandbox.kit import STARTS, Talker, rows, talking

START = "userImage2Video/start"
BODY = STARTS[START]


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 100.0}) as talker:
        yield talker


@pytest.mark.parametrize(
    ("kind", "status", "works"),
    [
        ("status_403", 403, False),
        ("status_429", 429, False),
        ("status_500", 500, False),
        ("status_502", 502, False),
        ("status_503", 503, False),
        ("status_504", 504, False),
        ("redirect", 302, False),
        ("html", 200, False),
        ("null_data", 200, False),
        ("status_404", 404, False),
        ("status_405", 405, False),
        ("maintenance", 503, False),
        ("no_id", 200, True),
        ("data_is_id", 200, True),
        ("id_elsewhere", 200, True),
        ("code_200", 200, True),
        ("empty_200", 200, True),
        ("duplicate", 200, True),
        ("status_500_after", 500, True),
        ("status_502_after", 502, True),
        ("status_504_after", 504, True),
        ("truncated_json", 200, True),
        ("ok", 200, True),
    ],
)
def test_an_answer_that_is_wrong(talker: Talker, kind: str, status: int, works: bool) -> None:
    talker.sandbox.script("start", kind)
    reply = talker.post(START, BODY)
    assert reply.status_code == status
    ledger = talker.sandbox.ledger
    assert ledger.made() == works
    assert sum(ledger.charged.values()) == (10 if works else 0)
    assert ledger.requests == {f"POST /api/v1/{START}": 1}
    assert ledger.statuses == {status: 1}
    assert ledger.faults == ({} if kind == "ok" else {kind: 1})
    assert talker.post(START, BODY).json()["code"] == 0  # once only


@pytest.mark.parametrize(("kind", "works"), [("reset_before", False), ("reset_after", True)])
def test_a_reset(talker: Talker, kind: str, works: bool) -> None:
    talker.sandbox.script("start", kind)
    with pytest.raises(httpx.ReadError):
        talker.post(START, BODY)
    assert talker.sandbox.ledger.made() == works
    assert talker.sandbox.ledger.statuses == {0: 1}


def test_a_body_that_is_cut_short(talker: Talker) -> None:
    talker.sandbox.script("start", "truncated", "truncated_json")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        talker.post(START, BODY)
    reply = talker.post(START, BODY)
    assert int(reply.headers["content-length"]) == len(reply.content)
    with pytest.raises(json.JSONDecodeError):
        reply.json()
    assert talker.sandbox.ledger.made() == 2


def test_the_faces_of_refusals(talker: Talker) -> None:
    talker.sandbox.script("*", "status_429:2.5", "status_429", "status_503", "html", "null_data", "redirect")
    assert talker.get("token/list").headers["retry-after"] == "2.5"
    assert talker.get("token/list").headers["retry-after"] == "1"
    assert talker.get("token/list").headers["content-type"].startswith("text/html")
    assert talker.get("token/list").headers["content-type"].startswith("text/html")
    assert talker.get("token/list").json() == {"code": 0, "data": None}
    assert talker.get("token/list").headers["location"] == f"{talker.sandbox.files_origin}/elsewhere"
    talker.sandbox.set_faults(Faults(status_429=1.0, retry_after=None))
    assert "retry-after" not in talker.get("token/list").headers


def test_work_that_goes_on_after_a_504(talker: Talker) -> None:
    talker.sandbox.script("start", "late_504:20")
    assert talker.post(START, BODY).status_code == 504
    talker.clock.advance(19)
    assert rows(talker.get("userImage2Video/allRecords")) == []
    assert talker.sandbox.ledger.made() == 0
    talker.clock.advance(1)
    (record,) = rows(talker.get("userImage2Video/allRecords"))
    (task,) = talker.sandbox.ledger.tasks
    assert (task.id, task.created_at) == (record["_id"], 20.0)
    assert sum(talker.sandbox.ledger.charged.values()) == 10


def test_late_work_happens_within_its_bound() -> None:
    with talking(faults=Faults(operations="start", late_504=1.0, late_by=60.0)) as talker:
        for _ in range(50):
            assert talker.post(START, BODY).status_code == 504
        talker.clock.advance(60)
        made = [task.created_at for task in talker.sandbox.ledger.tasks]
    assert len(made) == 50
    assert made == sorted(made)
    assert 0 < made[0] < 10
    assert 50 < made[-1] < 60


def test_records_that_lists_show_late() -> None:
    with talking(faults=Faults(late_visibility=1.0, visible_after=30.0)) as talker:
        identity = talker.start(START)["_id"]
        assert talker.get(f"userImage2Video/{identity}").status_code == 200
        assert talker.post("userImage2Video/batchDetail", {"ids": [identity]}).json()["data"]
        assert rows(talker.get("userImage2Video/allRecords")) == []
        talker.clock.advance(30)
        assert len(rows(talker.get("userImage2Video/allRecords"))) == 1


def test_tasks_that_fail_or_vanish() -> None:
    with talking(faults=Faults(task_fails=0.5), durations={"*": 10.0}) as talker:
        for _ in range(100):
            talker.start(START)
        failed = [task for task in talker.sandbox.ledger.tasks if task.outcome == "failed"]
        assert 30 < len(failed) < 70

        talker.finish()
        record = talker.get(f"userImage2Video/{failed[0].id}").json()["data"]
        assert (record["current_status"], record["failed_message"]) == ("failed", "The generation failed.")

        talker.sandbox.set_faults(Faults(task_vanishes=1.0))
        identity = talker.start(START)["_id"]
        assert talker.get(f"userImage2Video/{identity}").status_code == 200

        talker.clock.advance(5)
        assert talker.get(f"userImage2Video/{identity}").status_code == 404
        assert talker.sandbox.ledger.tasks[-1].outcome == "vanished"


def test_rates_are_kept_to(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(operations="start", status_429=0.2, reset_after=0.1))
    for _ in range(300):
        try:
            talker.post(START, BODY)
        except httpx.ReadError:
            continue
    faults = talker.sandbox.ledger.faults
    assert 40 < faults["status_429"] < 80
    assert 15 < faults["reset_after"] < 45
    assert talker.sandbox.ledger.made() == 300 - faults["status_429"]


def test_the_same_seed_gives_the_same_faults() -> None:
    def run(seed: int) -> list[str]:
        plan = FaultPlan([Faults(status_500=0.5, reset_before=0.2, latency=1.0, jitter=0.3)], seed)
        return [str(plan.draw("start", "a.start", "POST a/start", 0.0)) for _ in range(50)]

    assert run(1) == run(1) != run(2)


def test_a_rate_limit_says_when_to_come_back(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(operations="start", rate_limit=0.5))
    assert talker.post(START, BODY).status_code == 200
    refused = talker.post(START, BODY)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "2"
    assert talker.get("token/list").status_code == 200
    talker.clock.advance(float(refused.headers["retry-after"]))
    assert talker.post(START, BODY).status_code == 200


@pytest.mark.parametrize(
    ("selector", "hit", "missed"),
    [
        ("image_to_video.start", START, "userWan25/start"),
        ("POST /api/v1/userImage2Video/start", START, "userWan25/start"),
        ("image_to_video.*", START, "userWan25/start"),
        ("*.start", START, "userFaceSwapTask/add"),
        ("start", "userFaceSwapTask/add", "userImage2Video/batchDetail"),
        ("batch", "userImage2Video/batchDetail", START),
        ("api", START, ""),
    ],
)
def test_selectors(talker: Talker, selector: str, hit: str, missed: str) -> None:
    talker.sandbox.set_faults(Faults(operations=selector, status_503=1.0))
    body: dict[str, Any] = STARTS.get(hit, {"ids": []})
    assert talker.post(hit, body).status_code == 503
    if missed:
        assert talker.post(missed, STARTS.get(missed, {"ids": []})).status_code == 200
    assert talker.files.get(talker.sandbox.file_url(1)).status_code == 200
    assert talker.sandbox.ledger.count(selector) == 1
    assert not matches("start", "detail", "a.get", "GET a")


def test_latency_passes_on_the_clock(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(operations="start", latency=30.0))
    with pytest.raises(httpx.ReadTimeout):
        talker.post(START, BODY, timeout=0.05)
    assert talker.sandbox.ledger.made() == 0
    talker.clock.run_for(31)
    assert talker.sandbox.ledger.made() == 1


def test_uploads_that_break_off(talker: Talker) -> None:
    content = media.pattern(200_000)

    def put() -> httpx.Response:
        url = talker.post("r2/upload-presigned-url", {"key": "a"}).json()["data"]["uploadUrl"]
        return talker.files.put(url, content=content)

    talker.sandbox.script("upload", "cut", "cut:10", "status_403", "status_500_after", "reset_after")
    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            put()
    assert talker.sandbox.ledger.uploads == {}
    assert [put().status_code for _ in range(2)] == [403, 500]
    with pytest.raises(httpx.TransportError):
        put()
    assert put().status_code == 200
    assert sum(talker.sandbox.ledger.uploads.values()) == 3


def drain(reply: httpx.Response, into: bytearray) -> None:
    for chunk in reply.iter_raw():
        into += chunk


def test_downloads_that_break_off(talker: Talker) -> None:
    url = talker.sandbox.file_url(200_000)
    talker.sandbox.script("download", "cut:70000", "cut", "status_403", "status_500", "reset_before")

    for expected in (70_000, 100_000):
        got = bytearray()
        with talker.files.stream("GET", url) as reply:
            assert reply.headers["content-length"] == "200000"
            with pytest.raises(httpx.RemoteProtocolError):
                drain(reply, got)
        assert got == media.pattern(expected)

    assert [talker.files.get(url).status_code for _ in range(2)] == [403, 500]
    with pytest.raises(httpx.ReadError):
        talker.files.get(url)
    headers = {"range": "bytes=70000-"}

    assert talker.files.get(url, headers=headers).content == media.pattern(200_000)[70_000:]


def test_cuts_are_for_files_and_broken_json_is_not(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(operations="*", cut=1.0))
    assert talker.get("token/list").status_code == 200
    talker.sandbox.set_faults(Faults(operations="download", truncated_json=1.0, null_data=1.0, late_504=1.0))
    assert talker.files.get(talker.sandbox.file_url(10)).content == media.pattern(10)
    assert talker.sandbox.ledger.faults == {}


def test_mistakes_are_reported_at_once(talker: Talker) -> None:
    with pytest.raises(ValueError, match=r"status_500: 1\.5 is not a probability"):
        Faults(status_500=1.5)
    with pytest.raises(ValueError, match="unknown: status_418"):
        Faults.from_json({"status_418": 0.5})
    with pytest.raises(ValueError, match="'teapot' is not a fault"):
        talker.sandbox.script("start", "teapot")
    with pytest.raises(ValueError, match="'teapot' is not a fault"):
        talker.sandbox.set_faults(Faults(script={"start": ["teapot"]}))


def test_every_kind_can_be_drawn() -> None:
    for kind in KINDS:
        certain: dict[str, Any] = {kind: 1.0}
        plan = FaultPlan([Faults(operations="*", **certain)], 0)
        role = "download" if kind in ("cut", "error_page") else "start"
        assert plan.draw(role, "x", "x", 0.0).kind == kind


def test_scripts_come_before_probabilities_and_end_with_new_faults(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(status_500=1.0, script={"start": ["ok", "status_503"]}))
    assert [talker.post(START, BODY).status_code for _ in range(3)] == [200, 503, 500]
    talker.sandbox.script("start", "status_502", "status_502")
    talker.sandbox.set_faults()
    assert talker.post(START, BODY).status_code == 200
