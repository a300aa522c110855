"""Whether a task has ended, how and why, as its record says; family by family."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation, one
from a2e_async._spec.routes import Routes
from a2e_async._tasks.outputs import output_urls
from a2e_async._tasks.replies import tasks_in
from a2e_async._tasks.status import End, created_at, end_by_status, end_of, failure_reason
from a2e_async.records import TaskRecord

SUCCESS = ["completed", "Completed", "success", "SUCCESS", "succeed", "ready", "trained", "done", "finished"]
SUCCESS += ["task_completed", "Generation Success", "已完成"]
FAILURE = ["failed", "FAILED", "fail", "nsfw", "nfsw", "blocked_nsfw", "NSFW detected", "canceled", "timeout"]
FAILURE += ["generation_failed", "Timed out", "error", "aborted", "生成失败"]
RUNNING = [
    "initialized",
    "sent",
    "pending",
    "pendding",
    "processing",
    "init",
    "start",
    "process",
    "copy",
    "in_progress",
    "in queue",
    "retrying",
    "处理中",
]
UNKNOWN = ["soon", "half_done", "not_ready", "partially_completed", "error_retrying", "no_error", "2"]


URL = "https://cdn.test/a.mp4"
START = Operation(
    "POST", "/start", one(TaskRecord), body=(Field("source_url", str, media=True),), has_body=True
)
UNDECLARED = Routes(START)
DECLARED = Routes(START, outputs=("film_url", "film.urls"))
FILELESS = Routes(START, outputs=("speaker_id",), makes_file=False)


@pytest.mark.parametrize("key", ["current_status", "status", "state", "task_status", "taskStatus"])
@pytest.mark.parametrize(
    ("words", "end"),
    [(SUCCESS, End.DONE), (FAILURE, End.FAILED), (RUNNING, End.RUNNING), (UNKNOWN, End.RUNNING)],
)
def test_the_words_of_every_family(key: str, words: list[str], end: End) -> None:
    for word in words:
        assert end_by_status({key: word}) is end, word


@given(st.text(max_size=12), st.sampled_from([UNDECLARED, DECLARED, FILELESS]))
def test_any_word_can_be_judged(word: str, routes: Routes) -> None:
    raw = {"current_status": word}
    by_status, end = end_by_status(raw), end_of(raw, routes)
    assert (end is End.FAILED) == (by_status is End.FAILED)
    assert by_status is not End.DONE or end in (End.DONE, End.WITHOUT_OUTPUT)


@pytest.mark.parametrize("raw", [{}, {"status": 1}, {"status": None}, {"status": []}, {"name": "x"}])
@pytest.mark.parametrize("routes", [UNDECLARED, DECLARED, FILELESS])
def test_no_status_and_no_outcome_is_not_the_end(raw: dict[str, Any], routes: Routes) -> None:
    assert end_by_status(raw) is End.RUNNING
    assert end_of(raw, routes) is End.RUNNING


@pytest.mark.parametrize(
    ("raw", "routes", "end"),
    [
        # Without an output, a family that makes files has not ended yet.
        ({"status": "completed"}, UNDECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed", "result_url": ""}, UNDECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed", "image_urls": []}, UNDECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed", "image_urls": [None, ""]}, UNDECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed", "result_url": None, "source_url": URL}, UNDECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed", "source_url": URL, "video_url": URL}, UNDECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed", "video_url": URL}, UNDECLARED, End.DONE),
        ({"status": "completed", "result_url": URL}, UNDECLARED, End.DONE),
        ({"status": "completed", "film_url": URL}, DECLARED, End.DONE),
        ({"status": "completed", "film": {"urls": [URL]}}, DECLARED, End.DONE),
        ({"status": "completed", "film_url": "", "result_url": URL}, DECLARED, End.DONE),
        # A twin or a preview may be there before the output.
        ({"status": "completed", "film_url": "", "display_result_url": URL}, DECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed", "film_url": "", "video_url": URL}, DECLARED, End.WITHOUT_OUTPUT),
        ({"status": "completed"}, FILELESS, End.DONE),
        # A known status decides.
        ({"status": "processing", "result_url": URL}, UNDECLARED, End.RUNNING),
        ({"status": "processing", "failed_message": "x"}, UNDECLARED, End.RUNNING),
        ({"status": "failed", "result_url": URL}, UNDECLARED, End.FAILED),
        # Without a status, the outcome does.
        ({"result_url": URL}, UNDECLARED, End.DONE),
        ({"status": None, "film_url": URL}, DECLARED, End.DONE),
        ({"status": "", "film_url": URL}, DECLARED, End.DONE),
        ({"speaker_id": "s1"}, FILELESS, End.DONE),
        ({"source_url": URL}, UNDECLARED, End.RUNNING),
        ({"result_url": URL, "source_url": URL}, UNDECLARED, End.RUNNING),
        ({"failed_message": "no face"}, UNDECLARED, End.FAILED),
        ({"error_message": "no face", "result_url": ""}, UNDECLARED, End.FAILED),
        ({"error": {"message": "no face"}}, UNDECLARED, End.FAILED),
        ({"failed_code": "E17"}, UNDECLARED, End.FAILED),
        ({"error_code": 17}, UNDECLARED, End.FAILED),
        ({"failed_message": "a warning", "result_url": URL}, UNDECLARED, End.DONE),
        ({"failed_message": "", "failed_code": "0", "error_code": None}, UNDECLARED, End.RUNNING),
        ({"failed_code": 0, "error": "null"}, UNDECLARED, End.RUNNING),
        ({"message": "queued"}, UNDECLARED, End.RUNNING),
        # What no word says is settled by time.
        ({"video_url": URL}, UNDECLARED, End.UNSETTLED),
        ({"status": "brand_new", "result_url": URL}, UNDECLARED, End.UNSETTLED),
        ({"status": 2, "result_url": URL}, UNDECLARED, End.UNSETTLED),
        ({"status": "brand_new", "failed_message": "x"}, UNDECLARED, End.RUNNING),
        ({"status": "brand_new"}, UNDECLARED, End.RUNNING),
    ],
)
def test_the_end_of_a_task(raw: dict[str, Any], routes: Routes, end: End) -> None:
    assert end_of(raw, routes) is end


def test_a_field_that_the_start_was_not_given_is_no_echo() -> None:
    """Some families take and make a ``video_url``."""
    raw = {"status": "completed", "source_url": URL}
    assert end_of(raw, UNDECLARED) is End.WITHOUT_OUTPUT
    assert end_of({**raw, "url": URL}, UNDECLARED, given=frozenset({"prompt"})) is End.DONE
    assert end_of({**raw, "url": URL}, UNDECLARED, given=frozenset({"source_url"})) is End.WITHOUT_OUTPUT


def test_an_echoed_input_that_is_not_declared_is_no_outcome() -> None:
    raw = {"result_url": URL}
    assert end_of(raw, UNDECLARED, frozenset({URL})) is End.RUNNING
    assert end_of({**raw, "status": "completed"}, UNDECLARED, frozenset({URL})) is End.WITHOUT_OUTPUT


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"failed_message": "a", "msg": "b"}, "a"),
        ({"faild_message": "a"}, "a"),
        ({"fail_reason": "a"}, "a"),
        ({"failed_message": "", "faild_message": "a"}, "a"),
        ({"failed_message": None, "current_status": "Failed"}, "failed"),
        ({"msg": "a"}, "a"),
        ({"failed_message": {"no": "text"}}, "no reason given"),
        ({}, "no reason given"),
        ({"failed_message": "", "error_message": "a"}, "a"),
        ({"error": {"message": "a"}}, "a"),
        ({"error": "a"}, "a"),
        ({"task_status_msg": "a"}, "a"),
        ({"msg": "ok", "error": None, "status": "fail"}, "fail"),
        ({"failed_message": "a", "failed_code": "E17"}, "a (code E17)"),
        ({"failed_message": "a: E17", "failed_code": "E17"}, "a: E17"),
        ({"failed_message": "", "failed_code": "E17", "status": "failed"}, "failed (code E17)"),
        ({"faild_message": "a", "error_code": "0"}, "a"),
        ({"faild_message": "a", "error_code": 1003}, "a (code 1003)"),
    ],
)
def test_the_reason_in_every_spelling(raw: dict[str, Any], reason: str) -> None:
    assert failure_reason(raw) == reason


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ({"_id": "a"}, ["a"]),
        ([{"_id": "a"}, {"_id": "b"}], ["a", "b"]),
        ([{"_id": "a"}, None, {}, "x", {"_id": ""}], ["a"]),
        ({"rows": [{"_id": "a"}]}, ["a"]),
        ({"list": [{"_id": "a"}]}, ["a"]),
        ({"data": {"_id": "a"}}, ["a"]),
        ({"record": {"id": "a"}}, ["a"]),
        ({"task_id": "a"}, ["a"]),
        ({}, []),
        ([], []),
        (None, []),
        ("https://cdn.test/a.mp3", []),
        ({"message": "NSFW content detected"}, []),
        ({"_id": None}, []),
        ({"data": [None, 7]}, []),
    ],
)
def test_the_tasks_that_a_start_made(data: Any, ids: list[str]) -> None:
    assert [task.get("_id") or task.get("id") or task.get("task_id") for task in tasks_in(data)] == ids


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_any_reply_of_a_start_can_be_read(data: Any) -> None:
    assert all(isinstance(task, dict) for task in tasks_in(data))


@given(
    st.dictionaries(st.sampled_from(["result_url", "image_urls", "status", "createdAt", "msg"]), json_values)
)
def test_any_record_can_be_read(raw: dict[str, Any]) -> None:
    assert end_of(raw, UNDECLARED) in End
    assert all(url.startswith("http") for url in output_urls(raw, []))
    assert isinstance(failure_reason(raw), str)
    assert isinstance(created_at(raw), float | None)


A, B, IN = "https://cdn.test/a.mp4", "https://cdn.test/b.mp4", "https://video.test/in.mp4"


@pytest.mark.parametrize(
    ("raw", "urls"),
    [
        ({"result_url": A}, [A]),
        ({"result_image_url": A}, [A]),
        ({"result_video_url": A}, [A]),
        ({"image_urls": [A, B]}, [A, B]),
        ({"image_urls": [A, A]}, [A]),
        ({"result": A}, [A]),
        ({"result": [A, B]}, [A, B]),
        ({"result": {"url": A}}, [A]),
        ({"preview_result_url": A}, [A]),
        ({"video_output": A}, [A]),
        ({"video_url": A}, [A]),
        ({"url_download": A, "url_show": B}, [A]),
        ({"result_url": "", "image_urls": []}, []),
        ({"result_url": None}, []),
        ({"result_url": "s3://bucket/a"}, []),
        ({"result_url": "javascript:alert(1)"}, []),
        ({"cover_url": A, "thumbnail_url": B}, []),
        ({"anchor_id": "x"}, []),
    ],
)
def test_where_the_families_put_their_results(raw: dict[str, Any], urls: list[str]) -> None:
    assert list(output_urls(raw, ["prompt"])) == urls


@pytest.mark.parametrize(
    ("raw", "inputs"),
    [
        ({"image_url": IN, "result_url": A}, ["image_url"]),
        ({"video_url": IN, "result_url": A}, ["video_url"]),
        ({"video_url": IN, "result_video_url": A}, []),
        ({"source_url": IN, "result_url": A}, []),
        ({"image_urls": [IN], "result_image_url": A}, ["image_urls"]),
        ({"input": {"video_url": IN}, "result_url": A}, []),
        ({"image_url": IN, "video_url": IN, "result_url": A}, ["image_url"]),
        ({"product_rect": {"url": IN}, "result_url": A}, ["product_rect"]),
    ],
)
def test_an_echoed_input_is_no_output(raw: dict[str, Any], inputs: list[str]) -> None:
    assert list(output_urls(raw, inputs)) == [A]


def test_an_input_that_comes_back_under_an_outputs_name_is_no_output() -> None:
    assert list(output_urls({"image_url": IN, "image_urls": [IN, A]}, ["image_url"])) == [A]
    assert list(output_urls({"image_urls": [IN, A]}, [], sent={IN})) == [A]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:01:40.000Z", 100.0),
        ("1970-01-01T00:01:40Z", 100.0),
        ("1970-01-01T00:01:40+00:00", 100.0),
        ("1970-01-01T01:01:40+01:00", 100.0),
        ("1970-01-01T00:01:40", 100.0),
        ("yesterday", None),
        ("", None),
        ("9999-99-99T00:00:00Z", None),
        (1700000000, None),
        (None, None),
    ],
)
def test_when_a_record_was_made(monkeypatch: pytest.MonkeyPatch, text: Any, moment: float | None) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert created_at({"createdAt": text}) == moment


@pytest.fixture(autouse=True)
def _own_time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the time zone after each test."""
    yield
    monkeypatch.undo()
    time.tzset()
