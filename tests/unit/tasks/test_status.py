"""Whether a task has ended, how and why, as its record says; family by family."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._tasks.outputs import output_urls
from a2e_async._tasks.replies import tasks_in
from a2e_async._tasks.status import created_at, failure_reason, has_failed, is_final, is_moderated

SUCCESS = ["completed", "Completed", "success", "SUCCESS", "ready", "trained", "done"]
FAILURE = ["failed", "FAILED", "fail", "nsfw", "nfsw", "blocked_nsfw", "NSFW detected", "canceled", "timeout"]
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
    "soon",
]


@pytest.mark.parametrize("key", ["current_status", "status", "state"])
@pytest.mark.parametrize(
    ("words", "good", "bad"), [(SUCCESS, True, False), (FAILURE, False, True), (RUNNING, False, False)]
)
def test_the_words_of_every_family(key: str, words: list[str], good: bool, bad: bool) -> None:
    for word in words:
        raw = {key: word}
        assert (is_final(raw), has_failed(raw)) == (good or bad, bad), word


@given(st.text(max_size=12))
def test_a_task_that_has_failed_has_ended(word: str) -> None:
    raw = {"current_status": word}
    assert is_final(raw) or not has_failed(raw)


@pytest.mark.parametrize("raw", [{}, {"status": 1}, {"status": None}, {"result_url": "https://x.test/a.mp4"}])
def test_no_status_is_not_the_end(raw: dict[str, Any]) -> None:
    assert not is_final(raw)


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
    ],
)
def test_the_reason_in_every_spelling(raw: dict[str, Any], reason: str) -> None:
    assert failure_reason(raw) == reason


@pytest.mark.parametrize(
    ("raw", "moderated"),
    [
        ({"current_status": "nsfw"}, True),
        ({"current_status": "failed", "failed_message": "Sensitive content"}, True),
        ({"current_status": "failed", "failed_message": "minor detected"}, True),
        ({"current_status": "failed", "failed_message": "out of memory"}, False),
        ({"current_status": "failed"}, False),
    ],
)
def test_moderation(raw: dict[str, Any], moderated: bool) -> None:
    assert is_moderated(raw) is moderated


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
    assert is_final(raw) in (True, False)
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
        ({"url_download": A, "url_show": B}, [A, B]),
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
