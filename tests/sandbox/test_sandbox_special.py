"""Routes of single families: Veo in 1080p, twins, voices, speech, prompt extension, avatars, faces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.kit import ANCHOR, IMAGE, STARTS, VIDEO, Talker, data, rows, talking


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 100.0}) as talker:
        yield talker


def test_veo_in_1080p(talker: Talker) -> None:
    wide = talker.start("veoVideo/start", aspectRatio="16:9")
    assert wide["state"] == "initialized"
    tall = talker.start("veoVideo/start", aspectRatio="9:16")["_id"]
    path = f"veoVideo/{wide['_id']}/1080p"
    assert talker.get(f"veoVideo/{tall}/1080p").status_code == 400
    assert talker.get(path).status_code == 202
    talker.clock.advance(100)
    assert data(talker.get(f"veoVideo/{wide['_id']}"))["video_url"]
    assert talker.get(path).status_code == 202
    talker.clock.advance(20)
    assert talker.files.get(data(talker.get(path))["video_url"]).status_code == 200


def test_a_video_twin_becomes_an_avatar_and_is_trained_further(talker: Talker) -> None:
    upload = data(talker.post("userVideoTwin/upload", {"video_url": VIDEO}))
    assert data(talker.get("userVideoTwin/uploadStatus", _id=upload["_id"]))["status"] == "completed"

    twin = talker.start("userVideoTwin/startTraining")
    assert twin["current_status"] == "pending"
    assert talker.post("userVideoTwin/continueTraining", {"_id": twin["_id"]}).status_code == 400

    talker.finish()
    done = data(talker.get(f"userVideoTwin/{twin['_id']}"))
    assert len(done["anchor_id"]) == 24

    own = data(talker.post("anchor/list", {}))
    assert [avatar["_id"] for avatar in own] == [done["anchor_id"]]
    assert len(data(talker.post("anchor/list", {"web_type": "a2e"}))) > 1
    assert talker.start("video/generate", anchor_id=done["anchor_id"], anchor_type=1)["status"] == "init"

    for path in ("continueTraining", "eyeContact"):
        again = data(talker.post(f"userVideoTwin/{path}", {"_id": twin["_id"]}))
        assert (again["_id"], again["current_status"]) == (twin["_id"], "pending")
        talker.finish()

    assert talker.sandbox.ledger.made("video_twin") == 3
    assert data(talker.post("userVideoTwin/remove", {"_id": twin["_id"]})) == {}
    assert talker.post("userVideoTwin/continueTraining", {"_id": twin["_id"]}).status_code == 404


def test_one_voice_is_trained_at_a_time(talker: Talker) -> None:
    first = talker.start("userVoice/training")
    assert first["current_status"] == "sent"
    assert talker.post("userVoice/training", STARTS["userVoice/training"]).status_code == 400

    talker.clock.advance(20)
    assert rows(talker.get("userVoice/trainingRecord"))[0]["current_status"] == "pendding"
    assert data(talker.get("userVoice/completedRecord")) == []

    talker.finish()
    second = talker.start("userVoice/training", name="sandbox:fail")["_id"]
    talker.finish()
    assert [row["_id"] for row in data(talker.get("userVoice/trainingRecord"))] == [second, first["_id"]]
    assert [row["_id"] for row in data(talker.get("userVoice/completedRecord"))] == [first["_id"]]
    assert data(talker.get(f"userVoice/{second}"))["hasRefundCoin"] is True
    assert talker.delete(f"userVoice/{first['_id']}").status_code == 200
    assert data(talker.get("userVoice/completedRecord")) == []


def test_an_account_has_so_many_voices() -> None:
    with talking(voice_quota=1) as talker:
        talker.start("userVoice/training")
        talker.finish()
        assert talker.post("userVoice/training", STARTS["userVoice/training"]).status_code == 403


def test_speech_is_one_call(talker: Talker) -> None:
    url = data(talker.post("video/send_tts", {"msg": "hello", "tts_id": ANCHOR}))
    audio = talker.files.get(url)
    assert audio.headers["content-type"] == "audio/mpeg"
    assert audio.content.startswith(b"ID3")

    shown = data(talker.get("tts/preview/list", current=1, pageSize=20))["data"]
    assert [record["audio_url"] for record in shown] == [url]
    assert talker.delete(f"tts/preview/{shown[0]['_id']}").status_code == 200
    assert rows(talker.get("tts/preview/list")) == []
    assert talker.files.get(url).status_code == 200

    talker.post("video/send_tts", {"msg": "hello", "user_voice_id": ANCHOR})
    talker.clock.advance(24 * 3600)
    assert rows(talker.get("tts/preview/list")) == []


def test_languages_lead_to_voices(talker: Talker) -> None:
    tree = data(talker.post("anchor/language_list", {}))
    for country in tree:
        for region in country["children"]:
            query = {"country": country["value"], "region": region["value"]}
            groups = data(talker.get("anchor/voice_list", **query))
            assert groups == data(talker.post("anchor/voice_list", query))
            assert all(len(voice["value"]) == 24 for group in groups for voice in group["children"])
    assert data(talker.get("anchor/voice_list", country="xx", region="YY")) == []
    assert data(talker.post("anchor/tts_list"))


def _events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_prompt_extension_streams_or_not(talker: Talker) -> None:
    body = {"reference_id": "r", "image_url": IMAGE, "prompt": "it waves", "negative_prompt": ""}
    plain = data(talker.post("userImage2Video/prompt_extension", body))
    assert plain["prompt"].startswith("it waves")
    assert (
        data(talker.post("userImage2Video/prompt_extension", {**body, "max_length": 5}))["prompt"] == "it wa"
    )

    reply = talker.post("userImage2Video/prompt_extension", {**body, "stream": True})
    assert reply.headers["content-type"] == "text/event-stream"

    events = _events(reply.text)
    assert [name for name, _ in events] == ["delta", "delta", "delta", "result", "done"]
    assert events[3][1] == plain

    failing = {**body, "prompt": "sandbox:fail", "stream": True}
    assert [name for name, _ in _events(talker.post("userImage2Video/prompt_extension", failing).text)] == [
        "delta",
        "error",
    ]
    assert talker.post("userImage2Video/prompt_extension", {**failing, "stream": False}).json()["code"] == 500


def test_avatars_and_backgrounds_are_kept(talker: Talker) -> None:
    picture = talker.start("userText2Image/start")["_id"]
    assert talker.post("userText2Image/quickAddAvatar", {"_id": picture}).status_code == 400

    talker.finish()
    quick = data(talker.post("userText2Image/quickAddAvatar", {"_id": picture, "gender": "male"}))
    added = data(talker.post("custom_avatar/add", {"name": "a", "anything": [1]}))
    assert [avatar["_id"] for avatar in data(talker.post("custom_avatar/list"))] == [
        added["_id"],
        quick["_id"],
    ]
    assert data(talker.http.put(f"custom_avatar/{added['_id']}", json={"name": "b"}))["name"] == "b"
    assert talker.post("custom_avatar/del", {"_id": added["_id"]}).status_code == 200
    assert talker.post("custom_avatar/del", {"_id": added["_id"]}).status_code == 404

    own = data(talker.post("custom_back/add", {"img_url": IMAGE}))
    everything = data(talker.post("custom_back/allBackground"))
    assert everything[0]["_id"] == own["_id"]
    assert {background["type"] for background in everything} == {"custom", "system"}
    assert talker.files.get(data(talker.post("custom_back/randomBackground"))["img_url"]).status_code == 200
    assert talker.post("custom_back/del", {"_id": own["_id"]}).status_code == 200
    assert data(talker.post("custom_back/list")) == []


def test_faces_are_answered_as_the_whole_list(talker: Talker) -> None:
    talker.post("userFaceSwapImage/add", {"face_url": IMAGE})
    both = data(talker.post("userFaceSwapImage/add", {"face_url": VIDEO}))
    assert [face["face_url"] for face in both] == [VIDEO, IMAGE]
    assert talker.delete(f"userFaceSwapImage/{both[0]['_id']}").status_code == 200
    assert len(data(talker.get("userFaceSwapImage/records"))) == 1


def test_a_public_page_has_a_token(talker: Talker) -> None:
    identity = talker.start("video/generate")["_id"]
    body = {"video_id": identity, "expire_minutes": "30"}
    assert len(data(talker.post("video/generatePublicAccessToken", body))["token"]) == 32
    assert talker.post("video/generatePublicAccessToken", {"video_id": "0" * 24}).status_code == 404
