"""Odd replies happen when they are asked for: ids elsewhere, codes, late outputs, missing routes, copies."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from a2e_async.sandbox import Faults
from a2e_async.sandbox.__main__ import parse_faults
from tests.sandbox.kit import STARTS, Talker, rows, talking

START = "userImage2Video/start"
BODY = STARTS[START]


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 10.0}) as talker:
        yield talker


def _made(talker: Talker) -> str:
    """The id of the task that was made last."""
    return talker.sandbox.ledger.tasks[-1].id


def test_a_start_without_an_id(talker: Talker) -> None:
    talker.sandbox.script("start", "no_id", "empty_200")
    raw = talker.post(START, BODY).json()
    assert (raw["code"], raw["data"]) == (0, {})
    reply = talker.post(START, BODY)
    assert (reply.status_code, reply.content) == (200, b"")
    assert talker.sandbox.ledger.made() == 2


def test_a_start_whose_data_is_the_id(talker: Talker) -> None:
    talker.sandbox.script("start", "data_is_id", "data_is_id")
    assert talker.post(START, BODY).json()["data"] == _made(talker)
    several = talker.post(START, {**BODY, "number_of_images": 2}).json()["data"]
    assert several == [task.id for task in talker.sandbox.ledger.tasks[1:]]


def test_ids_in_other_places(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(operations="start", id_elsewhere=1.0))
    shapes = set()
    for _ in range(10):
        reply = talker.post(START, BODY)
        assert _made(talker) in reply.text
        shapes.add(reply.text.replace(_made(talker), "@"))
    assert len(shapes) == 10
    assert '{"code":0,"data":{"taskId":"@"}}' in shapes
    assert '{"code":0,"_id":"@","data":{}}' in shapes

    several = talker.post(START, {**BODY, "number_of_images": 2}).json()["data"]
    assert [record["taskId"] for record in several] == [task.id for task in talker.sandbox.ledger.tasks[-2:]]


def test_refusals_stay_as_they_are(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(no_id=1.0))
    refused = talker.post(START, {"prompt": 3})
    assert (refused.status_code, refused.json()["code"]) == (400, "400")

    talker.sandbox.set_coins(0)
    assert "nsufficient" in talker.post(START, BODY).text
    assert talker.sandbox.ledger.made() == 0


def test_another_code_of_success(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(code_200=1.0))
    assert talker.post(START, BODY).json()["code"] == 200
    batch = talker.post("userImage2Video/batchDetail", {"ids": [_made(talker)]}).json()
    assert (batch["code"], batch["data"][0]["_id"]) == (200, _made(talker))
    assert "code" not in talker.get("userVoice/completedRecord").json()  # this one says ``success``
    assert talker.get("userImage2Video/65f0c0ffee00000000000001").status_code == 404


@pytest.mark.parametrize("route", sorted(STARTS))
def test_outputs_that_come_late(route: str) -> None:
    with talking(faults=Faults(late_output=1.0, output_after=20.0), durations={"*": 10.0}) as talker:
        identity = talker.start(route)["_id"]
        task = talker.sandbox.world.tasks[identity]
        early, ready = task.record(10.0), task.record(30.0)

        changed = {key for key in ready if ready[key] != early.get(key)} - {"updatedAt", "current_date"}
        assert task.status(10.0) == task.status(30.0) == task.family.done
        assert changed
        assert all(not early.get(key) for key in changed - {"diff_s"})
        assert json.loads(task.encoded(30.0)) == ready


def test_a_failure_is_never_late() -> None:
    with talking(faults=Faults(late_output=1.0, task_fails=1.0), durations={"*": 10.0}) as talker:
        identity = talker.start(START)["_id"]
        talker.clock.advance(10)
        record = talker.get(f"userImage2Video/{identity}").json()["data"]
        assert record["failed_message"] == "The generation failed."
        assert talker.sandbox.ledger.tasks[0].seen_at == 10.0


def test_an_end_counts_as_seen_when_its_output_is_shown() -> None:
    with talking(faults=Faults(late_output=1.0, output_after=20.0), durations={"*": 10.0}) as talker:
        identity = talker.start(START)["_id"]
        for moment, url in ((15, False), (35, True)):
            talker.clock.advance(moment - talker.clock.now())
            record = talker.get(f"userImage2Video/{identity}").json()["data"]
            assert (record["current_status"], bool(record["result_url"])) == ("completed", url)
        assert talker.sandbox.ledger.tasks[0].seen_at == 35.0


def test_routes_that_are_missing(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(missing_route=("batch", "image_to_video.get")))
    identity = talker.start(START)["_id"]
    batch = talker.post("userImage2Video/batchDetail", {"ids": [identity]})
    assert (batch.status_code, batch.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Cannot POST /api/v1/userImage2Video/batchDetail" in batch.text
    assert talker.get(f"userImage2Video/{identity}").status_code == 404
    assert talker.get(f"userWan25/{talker.start('userWan25/start')['_id']}").status_code == 200
    assert len(rows(talker.get("userImage2Video/allRecords"))) == 1
    assert talker.sandbox.ledger.faults == {"status_404": 2}


def test_a_maintenance(talker: Talker) -> None:
    talker.sandbox.script("start", "maintenance")
    reply = talker.post(START, BODY)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "3600")
    assert "maintenance" in reply.text


def test_a_reply_that_is_written_twice(talker: Talker) -> None:
    talker.sandbox.script("api", "duplicate", "ok")
    host, _, port = talker.sandbox.origin.rpartition("/")[2].rpartition(":")
    request = "GET /api/v1/token/list HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n"

    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(request.format(talker.sandbox.token).encode())
        received = b""
        while received.count(b'"trace_id"') < 2:
            received += raw.recv(65536)
        heads = received.split(b"HTTP/1.1 200 OK\r\n")[1:]
        assert [head.partition(b"\r\n\r\n")[2] for head in heads] == [heads[0].partition(b"\r\n\r\n")[2]] * 2

        raw.sendall(request.format(talker.sandbox.token).encode())  # the connection still works
        assert raw.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_error_pages_instead_of_media(talker: Talker) -> None:
    talker.sandbox.set_faults(Faults(operations="download", error_page=1.0))
    replies = [talker.files.get(talker.sandbox.file_url(1000)) for _ in range(6)]
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.headers["content-type"] for reply in replies} == {"image/png", "video/mp4"}
    assert {reply.content[:2] for reply in replies} == {b"<!", b"<?", b'{"'}


def test_the_command_line_takes_all_of_them() -> None:
    (rule,) = parse_faults("no_id=0.1,code_200=0.2,late_output=0.3,missing_route=batch+image_to_video.get")
    assert rule == Faults(
        no_id=0.1, code_200=0.2, late_output=0.3, missing_route=("batch", "image_to_video.get")
    )
    (rule,) = parse_faults("operations=start,retry_after=3600,status_429=0.1")
    assert (rule.operations, rule.retry_after) == (("start",), 3600.0)
    with pytest.raises(argparse.ArgumentTypeError, match="no_id"):
        parse_faults("no_id=2")


def test_pages_of_any_number_and_size(talker: Talker) -> None:
    talker.start(START)
    values: tuple[Any, ...] = (-1, 0, 1, 10**30, -(10**30))
    for number in values:
        for size in values:
            reply = talker.get("userImage2Video/allRecords", pageNum=number, pageSize=size)
            assert reply.status_code in (200, 400)
