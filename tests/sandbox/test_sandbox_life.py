"""The life of a task in every family: statuses, records, results, lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from a2e_async.sandbox.families import AVATAR_STAGES, SHORT_STAGES, STAGES, TWIN_STAGES, VOICE_STAGES
from tests.sandbox.kit import STARTS, VIDEO, Talker, rows, talking

DURATION = 100.0
STATUS = {"veoVideo": "state", "video": "status"}
STAGE = {
    "userNanoBanana": SHORT_STAGES,
    "userFlux2": SHORT_STAGES,
    "userVoice": VOICE_STAGES,
    "userVideoTwin": TWIN_STAGES,
    "video": AVATAR_STAGES,
}
RESULT = {
    "veoVideo": "video_url",
    "video": "result",
    "userVideoTwin": "preview_result_url",
    "userVoice": "speaker_id",
    "virtualTryOn": "result_image_url",
    "productAvatar": "result_image_url",
    "userImageEdit": "result_image_url",
    "motionTransfer": "result_video_url",
}
IMAGE_LISTS = {
    "userText2Image",
    "userNanoBanana",
    "userGptImage",
    "userFlux2",
    "userWan26Image",
    "userWan27Image",
    "userQwen2Image",
    "userKlingImage",
    "userPhotobook",
}
DETAIL = {
    "userFaceSwapPreview": "userFaceSwapPreview/status?_id={}",
    "video": "video/detail?video_id={}",
    "seedanceVideo": "",
    "userWan30": "",
} | dict.fromkeys(
    ("userNanoBanana", "userGptImage", "userFlux2", "userWan26Image", "userWan27Image"), "{s}/detail/{}"
)
DETAIL |= dict.fromkeys(("userQwen2Image", "userKlingImage"), "{s}/detail/{}")
FAILURE = {"userFaceSwapTask": "faild_message", "userFaceSwapPreview": "faild_message", "video": "msg"}
MAGIC = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
    b"\x00\x00\x00\x1c": "video/mp4",
    b"ID3": "audio/mpeg",
}


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": DURATION}) as talker:
        yield talker


def detail(talker: Talker, segment: str, identity: str) -> dict[str, Any]:
    path = DETAIL.get(segment, "{s}/{}").replace("{s}", segment).format(identity)
    if not path:  # Seedance has a list only. Wan 3.0 cannot be read at all, so the sandbox itself is asked.
        if segment == "seedanceVideo":
            return next(row for row in rows(talker.get("seedanceVideo/allRecords")) if row["_id"] == identity)
        return talker.sandbox.call(lambda world: world.tasks[identity].record(world.now()))

    reply = talker.get(
        path.partition("?")[0], **dict([path.partition("?")[2].split("=")] if "?" in path else ())
    )
    assert reply.status_code == 200, reply.text

    data = reply.json()["data"]
    assert isinstance(data, dict)

    return data


@pytest.mark.parametrize("route", STARTS)
def test_a_task_lives_from_its_first_status_to_its_result(talker: Talker, route: str) -> None:
    segment = route.partition("/")[0]
    status = STATUS.get(segment, "current_status")
    stages = STAGE.get(segment, STAGES)
    record = talker.start(route)
    assert record[status] == stages[0][0]

    identity = record["_id"]
    assert len(identity) == 24

    result = "image_urls" if segment in IMAGE_LISTS else RESULT.get(segment, "result_url")
    empty: Any = [] if segment in IMAGE_LISTS else ""
    assert record[result] == empty

    for name, share in stages:
        talker.clock.advance(max(0.0, DURATION * share + 0.5 - talker.clock.now()))
        shown = detail(talker, segment, identity)
        assert shown[status] == name
        assert shown[result] == empty

    talker.clock.advance(DURATION - talker.clock.now())
    done = detail(talker, segment, identity)
    assert done[status] == ("success" if segment == "video" else "completed")

    if segment == "userVoice":
        assert done["speaker_id"].startswith("a2e-voice-")
        return

    urls = done[result] if segment in IMAGE_LISTS else [done[result]]
    assert len(urls) == (4 if segment == "userPhotobook" else 1)

    for url in urls:
        reply = talker.files.get(url)
        assert reply.status_code == 200
        assert any(reply.content.startswith(magic) for magic in MAGIC)
        assert identity.encode() in reply.content


@pytest.mark.parametrize("route", STARTS)
def test_what_was_asked_for_is_echoed_and_never_taken_for_a_result(talker: Talker, route: str) -> None:
    segment = route.partition("/")[0]
    identity = talker.start(route, webhook_url="https://e.com/hook", webhook_token="secret")["_id"]
    talker.finish()
    record = detail(talker, segment, identity)
    for key, value in STARTS[route].items():
        assert record[key] == (str(value) if key == "anchor_type" else value)
    assert "webhook_token" not in record


@pytest.mark.parametrize("route", STARTS)
def test_a_task_that_fails_says_why_in_the_family_s_own_words(talker: Talker, route: str) -> None:
    segment = route.partition("/")[0]
    body = dict(STARTS[route])
    field = next(
        key for key in ("prompt", "name", "title", "image_url", "video_url", "source_url") if key in body
    )
    identity = talker.start(route, **{field: f"{body[field]}sandbox:fail"})["_id"]
    talker.finish()
    record = detail(talker, segment, identity)

    assert record[STATUS.get(segment, "current_status")] == ("fail" if segment == "video" else "failed")
    assert record[FAILURE.get(segment, "failed_message")] == "The generation failed."

    if "FaceSwap" in segment:
        assert record["error_code"] == "1005"
        assert "failed_message" not in record

    if segment == "userGptImage":
        assert record["fail_reason"] == "The generation failed."


BATCHES = [
    route
    for route in STARTS
    if route.partition("/")[0]
    not in (
        "userDubbing",
        "userVoice",
        "userFaceSwapPreview",
        "video",
        "hailuoVideo",
        "seedanceVideo",
        "userWan30",
    )
]


@pytest.mark.parametrize("route", BATCHES)
def test_a_batch_is_a_list_without_what_is_unknown(talker: Talker, route: str) -> None:
    segment = route.partition("/")[0]
    ids = [talker.start(route)["_id"] for _ in range(3)]
    other = "userWan25/start" if segment == "userImage2Video" else "userImage2Video/start"
    alien = talker.start(other)["_id"]
    talker.finish()
    reply = talker.post(f"{segment}/batchDetail", {"ids": [*ids, ids[0], alien, "0" * 24, "../x"]})
    data = reply.json()["data"]

    assert sorted(row["_id"] for row in data) == sorted(ids)
    assert [row["_id"] for row in data] != ids  # the order is not promised
    assert data[0] == detail(talker, segment, data[0]["_id"])
    assert talker.post(f"{segment}/batchDetail", {"ids": []}).json()["data"] == []
    assert talker.post(f"{segment}/batchDetail", {}).status_code == 400

    workflow = next(iter(talker.sandbox.ledger.batches))
    assert talker.sandbox.ledger.batches[workflow] == [7, 0]


def test_more_than_200_ids_are_refused_where_a_limit_is_stated(talker: Talker) -> None:
    ids = [f"{n:024x}" for n in range(201)]
    assert talker.post("userKlingImage/batchDetail", {"ids": ids[1:]}).status_code == 200
    assert talker.post("userKlingImage/batchDetail", {"ids": ids}).status_code == 400
    assert talker.post("userImage2Video/batchDetail", {"ids": ids}).json()["data"] == []


@pytest.mark.parametrize("segment", ["hailuoVideo", "userDubbing", "userVoice", "seedanceVideo", "userWan30"])
def test_families_without_a_batch_have_no_such_route(talker: Talker, segment: str) -> None:
    reply = talker.post(f"{segment}/batchDetail", {"ids": []})
    assert reply.status_code == 404
    assert reply.headers["content-type"].startswith("text/html")


def test_wan30_cannot_be_read_back_at_all(talker: Talker) -> None:
    identity = talker.start("userWan30/start")["_id"]
    assert talker.get(f"userWan30/{identity}").status_code == 404
    assert talker.get("userWan30/allRecords").status_code == 404


def test_progress_of_an_avatar_video_goes_from_0_to_100(talker: Talker) -> None:
    identity = talker.start("video/generate")["_id"]
    seen = []
    for _ in range(5):
        seen.append(detail(talker, "video", identity)["process"])
        talker.clock.advance(DURATION / 4)
    assert seen == [0, 25, 50, 75, 100]

    result = talker.post("video/awsResult", {"_id": identity}).json()["data"]
    assert isinstance(result, list)
    assert result[0]["status"] == "success"

    listed = talker.get("video/awsList").json()["data"]["data"]
    assert listed[0]["result"] == result[0]["result"]
    assert rows(talker.post("video/list"))[0]["_id"] == identity


def test_magic_words_shape_a_life(talker: Talker) -> None:
    sync = talker.start("userText2Image/start", prompt="sandbox:sync")
    assert sync["current_status"] == "completed"
    assert talker.files.get(sync["image_urls"][0]).status_code == 200

    slow = talker.start("userImage2Video/start", prompt="sandbox:slow")["_id"]
    forever = talker.start("userImage2Video/start", prompt="sandbox:forever")["_id"]
    gone = talker.start("userImage2Video/start", prompt="sandbox:vanish")["_id"]
    talker.clock.advance(DURATION * 0.4)
    assert talker.get(f"userImage2Video/{gone}").status_code == 200

    talker.clock.advance(DURATION)
    assert talker.get(f"userImage2Video/{gone}").status_code == 404
    assert [row["_id"] for row in rows(talker.get("userImage2Video/allRecords"))] == [forever, slow]
    assert talker.post("userImage2Video/batchDetail", {"ids": [gone]}).json()["data"] == []
    assert detail(talker, "userImage2Video", slow)["current_status"] == "sent"

    talker.finish()
    assert detail(talker, "userImage2Video", slow)["current_status"] == "completed"
    assert detail(talker, "userImage2Video", forever)["current_status"] == "processing"


def test_durations_are_drawn_set_or_computed() -> None:
    durations: dict[str, Any] = {
        "image_to_video": (50.0, 5.0),
        "userWan25": 7.0,
        "*": lambda body: len(body["prompt"]),
    }

    with talking(durations=durations, seed=3) as talker:
        for _ in range(40):
            talker.start("userImage2Video/start")
        talker.start("userWan25/start")
        talker.start("grokVideo/start", prompt="12345")
        made = list(talker.sandbox.ledger.tasks)

    lengths = [task.done_at - task.created_at for task in made]
    assert len(set(lengths[:40])) == 40
    assert 47 < sum(lengths[:40]) / 40 < 53
    assert lengths[40:] == [7.0, 5.0]


def test_the_same_seed_gives_the_same_world() -> None:
    def run() -> list[tuple[str, float]]:
        with talking(seed=7, epoch=1_700_000_000.0) as talker:
            for _ in range(5):
                talker.start("userImage2Video/start")
            return [(task.id, task.done_at) for task in talker.sandbox.ledger.tasks]

    assert run() == run()


def test_a_head_swap_gives_what_its_target_is(talker: Talker) -> None:
    for target, film in ((VIDEO, True), ("https://e.com/x.jpg", False), ("https://e.com/x", False)):
        identity = talker.start("headSwap/start", target_image_url=target)["_id"]
        talker.finish()
        url = detail(talker, "headSwap", identity)["result_url"]
        assert (b"ftyp" in talker.files.get(url).content[:16]) is film
