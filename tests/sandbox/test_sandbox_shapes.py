"""Peculiarities of single families: shapes of starts and lists, envelopes, deletes, special routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.kit import IMAGE, STARTS, Talker, data, rows, talking


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 100.0}) as talker:
        yield talker


# Starts


def test_text_to_image_starts_a_list_with_one_task_for_each_image(talker: Talker) -> None:
    assert isinstance(data(talker.post("userText2Image/start", {"prompt": "x"})), list)
    three = data(talker.post("userText2Image/start", {"prompt": "x", "name": "n", "max_images": 3}))
    assert len({record["_id"] for record in three}) == 3
    assert talker.sandbox.ledger.names("text_to_image")["n"] == 3


def test_image_to_video_starts_an_object_or_a_list(talker: Talker) -> None:
    body = STARTS["userImage2Video/start"]
    assert isinstance(data(talker.post("userImage2Video/start", body)), dict)
    assert len(data(talker.post("userImage2Video/start", {**body, "number_of_images": 2}))) == 2


def test_kling_image_makes_n_tasks(talker: Talker) -> None:
    body = STARTS["userKlingImage/start"]
    assert isinstance(data(talker.post("userKlingImage/start", body)), dict)
    assert len(data(talker.post("userKlingImage/start", {**body, "n": 4}))) == 4


def test_gpt_image_starts_an_object_or_a_list(talker: Talker) -> None:
    body = STARTS["userGptImage/start"]
    assert isinstance(data(talker.post("userGptImage/start", body)), dict)
    assert isinstance(data(talker.post("userGptImage/start", {**body, "model": "gpt-image-2"})), list)


def test_a_photobook_has_as_many_pictures_as_asked_for(talker: Talker) -> None:
    identity = talker.start("userPhotobook/start", total_count=12)["_id"]
    talker.finish()
    assert len(data(talker.get(f"userPhotobook/{identity}"))["image_urls"]) == 12


def test_a_name_that_is_absent_is_made_by_the_server(talker: Talker) -> None:
    record = data(talker.post("userText2Image/start", {"prompt": "x"}))[0]
    assert record["name"].startswith("untitled-")
    assert "name" not in talker.start("headSwap/start")
    assert "name" not in talker.start("userFaceSwapPreview/add")


# Records


def test_face_swap_records_are_of_an_older_age(talker: Talker) -> None:
    reply = talker.post("userFaceSwapPreview/add", STARTS["userFaceSwapPreview/add"])
    assert "trace_id" not in reply.json()

    record = data(reply)
    assert record["error_code"] is None
    assert record["faild_message"] is None

    task = talker.start("userFaceSwapTask/add")
    assert (task["error_code"], task["faild_message"]) == ("", "")
    assert "coins" not in task

    running = talker.get("userFaceSwapTask/status").json()["data"]
    assert [row["_id"] for row in running] == [task["_id"]]
    assert set(running[0]) == {"_id", "current_status", "result_url", "error_code", "faild_message"}

    talker.finish()
    done = data(talker.get(f"userFaceSwapTask/{task['_id']}"))
    assert (done["error_code"], done["faild_message"]) == ("0", None)
    assert done["completed_time"] > done["processing_time"] > done["initialized_time"]
    assert talker.get("userFaceSwapTask/status").json()["data"] == []


def test_an_avatar_video_speaks_of_status_and_result(talker: Talker) -> None:
    record = talker.start("video/generate")
    assert record["status"] == "init"
    assert "current_status" not in record
    assert record["title"] == "n"


def test_gpt_image_knows_statuses_for_nsfw(talker: Talker) -> None:
    identity = talker.start("userGptImage/start", prompt="sandbox:nsfw-status")["_id"]
    talker.finish()
    record = data(talker.get(f"userGptImage/detail/{identity}"))
    assert record["current_status"] == "nsfw"
    assert record["image_urls"] == []


def test_every_date_is_utc_with_milliseconds() -> None:
    with talking(epoch=1_768_465_800.25) as talker:
        record = talker.start("userImage2Video/start")
    assert record["createdAt"] == "2026-01-15T08:30:00.250Z"


# Envelopes


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("userImage2Video/allRecords", "code"),
        ("userImage2Video/avgProcessingTime", "success"),
        ("userImage2Video/unlimitedQueueLevel", "success"),
        ("userVoice/trainingRecord", "success"),
        ("userVoice/completedRecord", "success"),
        ("userDubbing/allProcessing", "success"),
        ("userDubbing/allRecords", "code"),
        ("userVideoTwin/records?pageNum=1", "code"),
        ("user/remainingCoins", "code"),
    ],
)
def test_envelopes_differ(talker: Talker, path: str, key: str) -> None:
    raw = talker.http.get(path).json()
    assert raw[key] == (0 if key == "code" else True)
    assert ("timestamp" in raw) == (key == "success")
    assert ("trace_id" in raw) == (key == "code")


def test_upscale_starts_with_success(talker: Talker) -> None:
    reply = talker.post("userUpscale/start", STARTS["userUpscale/start"]).json()
    assert reply["success"] is True
    assert reply["data"]["source_url"] == IMAGE


# Lists


@pytest.mark.parametrize(
    ("start", "path", "names", "shape"),
    [
        ("userImage2Video/start", "userImage2Video/allRecords", ("pageNum", "pageSize"), "rows"),
        ("userNanoBanana/start", "userNanoBanana/allRecords", ("pageNum", "pageSize"), "list"),
        ("userGptImage/start", "userGptImage/list", ("page", "page_size"), "rows"),
        ("userFaceSwapTask/add", "userFaceSwapTask/records", ("pageNum", "pageSize"), "rows"),
        ("video/generate", "video/awsList", ("current", "pageSize"), "data"),
        ("seedance2Video/start", "seedance2Video/allRecords", ("pageNum", "pageSize"), "rows"),
    ],
)
def test_lists_are_paged_newest_first(
    talker: Talker, start: str, path: str, names: tuple[str, str], shape: str
) -> None:
    ids = [talker.start(start)["_id"] for _ in range(5)][::-1]
    pages = [data(talker.get(path, **{names[0]: page, names[1]: 2})) for page in (1, 2, 3, 4)]
    assert [[row["_id"] for row in page[shape]] for page in pages] == [ids[:2], ids[2:4], ids[4:], []]
    if shape == "rows":
        assert pages[0]["count"] == 5


def test_lists_without_paging_show_everything(talker: Talker) -> None:
    for route, path, key in (
        ("userQwen2Image/start", "userQwen2Image/list", "rows"),
        ("userKlingImage/start", "userKlingImage/list", "rows"),
        ("userVideoTwin/startTraining", "userVideoTwin/userRecords", ""),
        ("userVideoTwin/startTraining", "userVideoTwin/trainingRecords", ""),
    ):
        before = len(rows_of(data(talker.get(path)), key))
        for _ in range(25):
            talker.start(route)
        assert len(rows_of(data(talker.get(path)), key)) == before + 25


def rows_of(found: Any, key: str) -> list[Any]:
    assert isinstance(found, dict) == bool(key)
    return list(found[key] if key else found)


def test_default_page_sizes_are_the_document_s(talker: Talker) -> None:
    for route, path, size in (
        ("userImage2Video/start", "userImage2Video/allRecords", 10),
        ("userGptImage/start", "userGptImage/list", 20),
        ("userPhotobook/start", "userPhotobook/allRecords", 20),
    ):
        for _ in range(21):
            talker.start(route)
        assert len(rows(talker.get(path))) == size


def test_lists_filter_by_status(talker: Talker) -> None:
    done = talker.start("userFlux2/start")["_id"]
    talker.finish()
    talker.start("userFlux2/start")
    found = rows(talker.get("userFlux2/list", status="completed"))
    assert [row["_id"] for row in found] == [done]
    assert talker.get("userFlux2/list", status="sent").status_code == 400


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("userNanoBanana/allRecords", {}),
        ("userNanoBanana/allRecords", {"pageNum": 1}),
        ("userFaceSwapTask/records", {"pageSize": 10}),
        ("userImage2Video/allRecords", {"pageSize": 101}),
        ("userImage2Video/allRecords", {"pageNum": 0}),
        ("userImage2Video/allRecords", {"pageNum": "one"}),
        ("userFaceSwapPreview/status", {}),
    ],
)
def test_bad_queries_are_refused(talker: Talker, path: str, query: dict[str, Any]) -> None:
    assert talker.get(path, **query).status_code == 400


def test_processing_lists_show_what_runs(talker: Talker) -> None:
    done = talker.start("userDubbing/startDubbing")["_id"]
    talker.finish()
    running = talker.start("userDubbing/startDubbing")["_id"]
    assert [row["_id"] for row in rows(talker.get("userDubbing/allProcessing"))] == [running]
    assert {row["_id"] for row in rows(talker.get("userDubbing/allRecords"))} == {done, running}


# Deletes, renames, marks, retries


def test_soft_deletes_leave_the_lists_only(talker: Talker) -> None:
    identity = talker.start("userGptImage/start")["_id"]
    assert talker.delete(f"userGptImage/{identity}").status_code == 200
    assert rows(talker.get("userGptImage/list")) == []
    assert talker.post("userGptImage/batchDetail", {"ids": [identity]}).json()["data"] == []
    assert talker.get(f"userGptImage/detail/{identity}").status_code == 200
    assert talker.delete(f"userGptImage/{identity}").status_code == 404


def test_hard_deletes_take_the_record_but_not_the_files(talker: Talker) -> None:
    identity = talker.start("talkingPhoto/start")["_id"]
    talker.finish()
    url = data(talker.get(f"talkingPhoto/{identity}"))["result_url"]
    assert talker.delete(f"talkingPhoto/{identity}").status_code == 200
    assert talker.get(f"talkingPhoto/{identity}").status_code == 404
    assert talker.files.get(url).status_code == 200


@pytest.mark.parametrize("route", ["userImage2Video/start", "headSwap/start", "userPhotobook/start"])
def test_a_running_task_cannot_be_deleted(talker: Talker, route: str) -> None:
    segment = route.partition("/")[0]
    identity = talker.start(route)["_id"]
    talker.clock.advance(50)
    assert talker.delete(f"{segment}/{identity}").status_code == 400
    talker.finish()
    assert talker.delete(f"{segment}/{identity}").status_code == 200


def test_a_delete_is_not_a_cancel(talker: Talker) -> None:
    identity = talker.start("userNanoBanana/start")["_id"]
    talker.clock.advance(50)
    assert talker.delete(f"userNanoBanana/delete/{identity}").status_code == 200
    talker.finish()
    assert data(talker.get(f"userNanoBanana/detail/{identity}"))["current_status"] == "completed"


def test_renames_change_the_name_only(talker: Talker) -> None:
    for route in ("klingVideo/start", "klingOmni/start", "seedance2Video/start", "userVoice/training"):
        segment = route.partition("/")[0]
        record = talker.start(route)
        assert talker.http.put(f"{segment}/{record['_id']}", json={"name": "new"}).status_code == 200
        shown = data(talker.get(f"{segment}/{record['_id']}"))
        assert shown == {**record, "name": "new", "updatedAt": shown["updatedAt"]}
        assert talker.http.put(f"{segment}/{record['_id']}", json={}).status_code == 400
        assert talker.http.put(f"{segment}/{'0' * 24}", json={"name": "new"}).status_code == 404


def test_marks_are_noted(talker: Talker) -> None:
    identity = talker.start("userImage2Video/start")["_id"]
    for mark in ("markShared", "markDownloaded", "markCopied"):
        assert talker.post(f"userImage2Video/{identity}/{mark}").json()["success"] is True
    assert talker.post(f"userImage2Video/{'0' * 24}/markShared").status_code == 404


def test_a_failed_task_can_be_retried(talker: Talker) -> None:
    identity = talker.start("userCaptionRemoval/start", name="sandbox:fail")["_id"]
    assert talker.post("userCaptionRemoval/retry", {"_id": identity}).status_code == 400
    talker.finish()
    assert talker.post("userCaptionRemoval/retry", {"_id": identity}).json()["success"] is True
    assert data(talker.get(f"userCaptionRemoval/{identity}"))["current_status"] == "initialized"
    talker.finish()
    assert data(talker.get(f"userCaptionRemoval/{identity}"))["current_status"] == "completed"
    swap = talker.start("userFaceSwapTask/add", name="sandbox:fail")["_id"]
    talker.finish()
    assert talker.get("userFaceSwapTask/retry", _id=swap).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("userText2Image/{}", 404),
        ("userImage2Video/{}", 404),
        ("headSwap/{}", 404),
        ("headSwap/short", 400),
        ("userImage2Video/no-such-id", 400),
        ("userText2Image/no-such-id", 404),
        ("userVoice/no-such-id", 400),
        ("tts/preview/{}", 404),
    ],
)
def test_unknown_ids(talker: Talker, path: str, status: int) -> None:
    method = "DELETE" if path.startswith("tts") else "GET"
    reply = talker.http.request(method, path.format("0" * 24))
    assert reply.status_code == status
    assert reply.headers["content-type"].startswith("application/json")


def test_an_id_of_another_family_is_unknown(talker: Talker) -> None:
    identity = talker.start("userWan25/start")["_id"]
    assert talker.get(f"userImage2Video/{identity}").status_code == 404
