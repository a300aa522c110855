"""Refusals: bodies that break the document or the rules of its prose, and moderation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.kit import ANCHOR, IMAGE, STARTS, VIDEO, Talker, talking


@pytest.fixture(scope="module")
def talker() -> Iterator[Talker]:
    with talking() as talker:
        yield talker


@pytest.mark.parametrize("route", STARTS)
def test_a_body_that_is_fine_is_accepted(talker: Talker, route: str) -> None:
    talker.finish()
    assert talker.post(route, STARTS[route]).status_code == 200


@pytest.mark.parametrize(
    ("route", "changes"),
    [
        # The document
        ("userImage2Video/start", {"image_url": None}),
        ("userImage2Video/start", {"image_url": 5}),
        ("userImage2Video/start", {"model_type": "OTHER"}),
        ("userImage2Video/start", {"video_time": 21}),
        ("userImage2Video/start", {"number_of_images": 9}),
        ("userImage2Video/start", {"webhook_url": "https://e.com/" + "x" * 2048}),
        ("talkingPhoto/start", {"negative_prompt": None}),
        ("virtualTryOn/start", {"image_urls": [IMAGE]}),
        ("virtualTryOn/start", {"image_urls": [IMAGE, "ftp://e.com/x"]}),
        ("productAvatar/start", {"product_rect": {"x": 0}}),
        ("video/generate", {"title": "x" * 41}),
        ("video/generate", {"anchor_id": "short"}),
        ("seedance2Video/start", {"duration": 3}),
        # Prose
        ("userImage2Video/start", {"video_time": 7}),
        ("userImage2Video/start", {"model_type": "FLF2V"}),
        ("userImage2Video/start", {"webhook_url": "http://e.com/hook"}),
        ("userImage2Video/start", {"image_url": "cat.png"}),
        ("userImage2Video/start", {"image_url": "https://e.com/a cat.png"}),
        ("video/generate", {"audioSrc": None}),
        ("userText2Image/start", {"input_images": [IMAGE] * 3}),
        ("userGptImage/start", {"input_images": [IMAGE] * 17}),
        ("userGptImage/start", {"model": "gpt-image-2", "aspect_ratio": "1:1", "resolution": "4K"}),
        ("userFlux2/start", {"input_images": [IMAGE] * 9}),
        ("userWan26Image/start", {"input_images": [IMAGE] * 5}),
        ("userQwen2Image/start", {"size": "2048*2048"}),
        ("userWan25/start", {"image_url": None}),
        ("userWan25/start", {"task_type": "text_to_video"}),
        ("userWan25/start", {"model": "wan2.7-i2v", "task_type": "first_last_frame"}),
        ("userWan25/start", {"model": "wan2.7-i2v", "task_type": "reference_image"}),
        ("userWan26R2V/start", {"reference_urls": [IMAGE] * 6}),
        ("userWanSpicy/start", {"resolution": "480p"}),
        ("userWanSpicy/start", {"model": "wan2.2-i2v-spicy", "duration": 6}),
        ("userHappyhorseVideo/start", {"prompt": None}),
        ("userHappyhorseVideo/start", {"mode": "i2v"}),
        ("userHappyhorseVideo/start", {"mode": "r2v"}),
        ("userHappyhorseVideo/start", {"duration": "7"}),
        ("veoVideo/start", {"generationType": "REFERENCE_2_VIDEO", "imageUrls": [IMAGE] * 4}),
        ("veoVideo/start", {"generationType": "FIRST_AND_LAST_FRAMES_2_VIDEO"}),
        ("grokVideo/start", {"prompt": None}),
        ("grokVideo/start", {"model_type": "image-to-video"}),
        ("grokVideo/start", {"model_version": "1.5"}),
        ("klingVideo/start", {"mode": "image-to-video"}),
        ("klingVideo/start", {"mode": "motion-control", "image_url": IMAGE}),
        ("klingVideo/start", {"duration": "7"}),
        ("klingOmni/start", {"prompt": None}),
        ("klingOmni/start", {"image_list": [IMAGE] * 8}),
        ("klingOmni/start", {"multi_shot": True}),
        ("klingOmni/start", {"multi_shot": True, "shot_type": "customize"}),
        ("hailuoVideo/start", {"prompt": None}),
        ("hailuoVideo/start", {"image_url": None}),
        ("hailuoVideo/start", {"resolution": "1080P", "duration": "10"}),
        ("minimaxH3Video/start", {"mode": "image-to-video"}),
        ("minimaxH3Video/start", {"mode": "reference-to-video"}),
        ("soraVideo/start", {"image_urls": None}),
        ("seedanceVideo/start", {"mode": "image-to-video"}),
        ("seedance2Video/start", {"mode": "first-last-frames", "first_frame_url": IMAGE}),
        ("seedance2Video/start", {"mode": "reference", "audio_urls": [VIDEO]}),
        ("seedance2Video/start", {"duration": 20}),
        ("thinkSound/start", {"video_url": "https://e.com/clip.webm"}),
        ("userVideoTwin/startTraining", {"video_url": None}),
    ],
)
def test_a_body_that_is_not_is_refused_and_costs_nothing(
    talker: Talker, route: str, changes: dict[str, Any]
) -> None:
    body = {key: value for key, value in {**STARTS[route], **changes}.items() if value is not None}
    before = talker.sandbox.balance
    reply = talker.post(route, body)
    assert reply.status_code == 400, reply.text
    raw = reply.json()
    assert raw.get("error") or raw.get("message")
    assert talker.sandbox.balance == before


def test_a_refusal_names_what_is_wrong(talker: Talker) -> None:
    raw = talker.post("userImage2Video/start", {"image_url": IMAGE, "video_time": "long"}).json()
    assert raw["success"] is False
    assert raw["code"] == "400"
    assert "video_time" in raw["error"]
    assert {problem["path"] for problem in raw["errors"]} == {"video_time"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"'])
def test_a_body_that_is_no_object_is_refused(talker: Talker, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert talker.http.post("userText2Image/start", content=content, headers=headers).status_code == 400


def test_a_body_of_another_type_counts_as_none(talker: Talker) -> None:
    reply = talker.http.post("userText2Image/start", data={"prompt": "x"})
    assert reply.status_code == 400
    assert "prompt" in reply.text


def test_unknown_fields_pass(talker: Talker) -> None:
    assert talker.start("userWan25/start", new_field={"a": 1})["new_field"] == {"a": 1}


def test_two_backgrounds_at_once_are_30005(talker: Talker) -> None:
    body = {**STARTS["video/generate"], "back_id": ANCHOR, "custom_back_id": ANCHOR}
    reply = talker.post("video/generate", body)
    assert reply.status_code == 400
    assert reply.json()["code"] == "30005"


@pytest.mark.parametrize(
    "body", [{"msg": "hello"}, {"msg": "x" * 1001, "tts_id": ANCHOR}, {"msg": "", "tts_id": ANCHOR}]
)
def test_speech_needs_a_voice_and_at_most_1000_characters(talker: Talker, body: dict[str, str]) -> None:
    reply = talker.post("video/send_tts", body)
    assert reply.status_code == 400
    assert talker.post("video/send_tts", {"msg": "x" * 1000, "tts_id": ANCHOR}).status_code == 200


def test_an_upload_that_never_came_cannot_be_used(talker: Talker) -> None:
    presigned = talker.post("r2/upload-presigned-url", {"key": "cat.png"}).json()["data"]
    body = {**STARTS["userImage2Video/start"], "image_url": presigned["cdnUrl"]}
    assert talker.post("userImage2Video/start", body).status_code == 400
    talker.files.put(presigned["uploadUrl"], content=b"x")
    assert talker.post("userImage2Video/start", body).status_code == 200


@pytest.mark.parametrize("segment", ["headSwap", "seedance2Video", "userImage2Video", "userWanSpicy"])
def test_minors_are_refused(talker: Talker, segment: str) -> None:
    field = "image_url"
    for word, code in (("minor", 1003), ("suspected-minor", 1004)):
        body = {**STARTS[f"{segment}/start"], field: f"https://e.com/sandbox:{word}.png"}
        reply = talker.post(f"{segment}/start", body)
        assert reply.status_code == 403
        assert reply.json()["code"] == code
        confirmed = talker.post(f"{segment}/start", {**body, "minor_suspected_skip": True})
        assert confirmed.status_code == (403 if code == 1003 else 200)


@pytest.mark.parametrize("segment", ["userNanoBanana", "userFlux2", "userGptImage", "userWan27Image"])
def test_nsfw_is_a_200_without_an_id(talker: Talker, segment: str) -> None:
    body = {**STARTS[f"{segment}/start"], "prompt": "sandbox:nsfw"}
    before = talker.sandbox.balance
    reply = talker.post(f"{segment}/start", body)
    assert reply.status_code == 200
    assert reply.json()["code"] == 0
    assert "_id" not in reply.json()["data"]
    assert talker.sandbox.balance == before
    forced = talker.post(f"{segment}/start", {**body, "force_generate": True}).json()["data"]
    assert forced["_id"]


def test_elsewhere_nsfw_is_a_failure(talker: Talker) -> None:
    identity = talker.start("userWan25/start", prompt="sandbox:nsfw")["_id"]
    talker.finish()
    record = talker.get(f"userWan25/{identity}").json()["data"]
    assert (record["current_status"], record["failed_message"]) == ("failed", "NSFW content detected")
