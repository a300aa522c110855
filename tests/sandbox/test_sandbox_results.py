"""Results that show what was asked for, and starts that are refused because they make no sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from a2e_async.sandbox import media, results
from a2e_async.sandbox.canvas import Raster, nearest
from a2e_async.sandbox.scenes import Scene
from a2e_async.sandbox.sounds import RATE
from a2e_async.sandbox.thumbnails import thumbnail
from tests.sandbox.kit import AUDIO, IMAGE, VIDEO, Talker, start_body, talking

RED, BLUE = nearest(255, 0, 0), nearest(0, 0, 255)
RED_PNG, BLUE_PNG = media.png(64, 64, (255, 0, 0)), media.png(64, 64, (0, 0, 255))


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 10.0}, odd_files=False) as talker:
        yield talker


def upload(talker: Talker, name: str, content: bytes, content_type: str) -> str:
    given = talker.post("r2/upload-presigned-url", {"key": name, "contentType": content_type}).json()["data"]
    put = talker.files.put(given["uploadUrl"], content=content, headers={"content-type": content_type})
    assert put.status_code == 200
    return str(given["cdnUrl"])


def result(talker: Talker, route: str, **body: Any) -> tuple[str, bytes]:
    """The URL and the bytes of a finished task's first result."""
    record = talker.start(route, **body)
    talker.finish()
    record = talker.get(f"{route.partition('/')[0]}/{record['_id']}").json()["data"]
    keys = ("result_url", "result_image_url", "image_urls")
    found = next(record[key] for key in keys if record.get(key))
    url = found[0] if isinstance(found, list) else found
    return url, talker.files.get(url).content


def seen(data: bytes) -> Raster:
    small = thumbnail(data, 256)
    assert small is not None
    return small


def sound_seconds(data: bytes) -> float:
    """The length of an MP3 that the sandbox made."""
    return (len(data) - data.index(b"\xff\xf3")) / 48 * 576 / RATE


# What they show


def test_inputs_are_shown(talker: Talker) -> None:
    red, blue = (
        upload(talker, f"{number}.png", data, "image/png") for number, data in enumerate((RED_PNG, BLUE_PNG))
    )
    _, data = result(talker, "virtualTryOn/start", image_urls=[red, blue])
    assert (seen(data).rows[176][64], seen(data).rows[176][192]) == (RED, BLUE)

    _, data = result(talker, "userUpscale/start", source_url=red)
    assert seen(data).rows[176][128] == RED


def test_a_result_that_becomes_an_input_is_shown(talker: Talker) -> None:
    url, _ = result(talker, "userText2Image/start", prompt="a red kite")
    _, first = result(talker, "userUpscale/start", source_url=url)
    _, other = result(talker, "userUpscale/start", source_url=IMAGE)
    inside = slice(100, 160)
    assert [row[inside] for row in seen(first).rows[140:200]] != [
        row[inside] for row in seen(other).rows[140:200]
    ]

    for _ in range(6):  # a long chain is not followed to its start
        url, first = result(talker, "userUpscale/start", source_url=url)
    assert first.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n broken", b"\xff\xd8\xff\xe0 a photo", b"x" * 5000]
)
def test_inputs_that_cannot_be_shown_are_named(content: bytes, talker: Talker) -> None:
    url = upload(talker, "holiday.png", content, "image/png")
    _, data = result(talker, "userUpscale/start", source_url=url)
    assert data.startswith(b"\x89PNG")


def test_data_urls_and_odd_bodies_do_no_harm(talker: Talker) -> None:
    for urls in (["data:image/png;base64,!!!"], ["data:image/png;base64,iVBORw0KGgo="], ["data:,"]):
        _, data = result(talker, "userText2Image/start", input_images=urls, prompt="日本 \x00 Ünïcödé " * 99)
        assert data.startswith(b"\x89PNG")


# How they are made


def test_a_result_is_made_when_it_is_asked_for_and_only_once(
    talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def make(kind: str, scene: Scene) -> bytes:
        made.append(scene.seed)
        return media_make(kind, scene)

    media_make = media.make
    monkeypatch.setattr(media, "make", make)
    identity = talker.start("userText2Image/start")["_id"]
    talker.finish()
    (url,) = talker.get(f"userText2Image/{identity}").json()["data"]["image_urls"]
    assert made == []

    head = talker.files.head(url)
    whole = talker.files.get(url)
    part = talker.files.get(url, headers={"range": "bytes=100-199", "if-range": whole.headers["etag"]})
    assert made == [f"{identity} 0"]
    assert int(head.headers["content-length"]) == len(whole.content)
    assert head.headers["etag"] == whole.headers["etag"] == part.headers["etag"]
    assert (part.status_code, part.content) == (206, whole.content[100:200])


def test_a_file_that_was_dropped_is_made_again_with_the_same_bytes() -> None:
    files = results.MadeFiles(limit=10_000)
    first = files.get("png", "a", lambda: Scene("a"))
    for number in range(20):
        files.get("png", str(number), lambda: Scene("b"))
    again = files.get("png", "a", lambda: Scene("a"))
    assert again is not first
    assert again == first


# Speech


@pytest.mark.parametrize(("text", "seconds"), [("Hi", 0.5), ("word " * 30, 10.0)])
def test_speech_is_as_long_as_its_text(text: str, seconds: float, talker: Talker) -> None:
    url = talker.post("video/send_tts", {"msg": text, "tts_id": "65f0c0ffee0000000000a001"}).json()["data"]
    reply = talker.files.get(url)
    assert reply.headers["content-type"] == "audio/mpeg"
    assert sound_seconds(reply.content) == pytest.approx(seconds, abs=0.05)

    _, dubbed = result(talker, "userDubbing/startDubbing", source_url=url)
    assert sound_seconds(dubbed) == pytest.approx(seconds, abs=0.05)


def test_a_dub_is_as_long_as_the_recording(talker: Talker) -> None:
    recording = media.make("wav", Scene("s", seconds=2.5))
    _, data = result(
        talker, "userDubbing/startDubbing", source_url=upload(talker, "a.wav", recording, "audio/wav")
    )
    assert sound_seconds(data) == pytest.approx(2.5, abs=0.05)


# Kinds that fit


@pytest.mark.parametrize(("source", "suffix", "start"), [(VIDEO, ".mp4", b"ftyp"), (AUDIO, ".mp3", b"ID3")])
def test_a_dub_is_what_its_source_is(source: str, suffix: str, start: bytes, talker: Talker) -> None:
    url, data = result(talker, "userDubbing/startDubbing", source_url=source)
    assert urlsplit(url).path.endswith(suffix)
    assert start in data[:8]


def test_what_a_result_is_decides_about_its_own_results(talker: Talker) -> None:
    clip, _ = result(talker, "userImage2Video/start")
    without_suffix = clip.removesuffix(".mp4")
    for source in (clip, without_suffix):
        url, data = result(talker, "userUpscale/start", source_url=source)
        assert url.endswith(".mp4")
        assert data[4:8] == b"ftyp"


# Nonsense


@pytest.mark.parametrize(
    ("route", "body", "words"),
    [
        ("userDubbing/startDubbing", {"nonsense": 1}, "source_url is required"),
        ("userDubbing/startDubbing", {}, "source_url is required"),
        ("userDubbing/startDubbing", {"source_url": "", "target_lang": "es"}, "source_url is required"),
        ("userDubbing/startDubbing", {"source_url": "not a url"}, "public URL"),
        ("userVideoTwin/training", {}, "image_url or video_url is required"),
        ("userVideoTwin/training", {"name": "n"}, "image_url or video_url is required"),
        (
            "userImage2Video/start",
            {"name": "n", "image_url": "", "prompt": "x"},
            "image_url should not be empty",
        ),
        ("userVoice/training", {"name": "n", "voice_urls": [""]}, "voice_urls should not be empty"),
        ("virtualTryOn/start", {"name": "n", "image_urls": ["", ""]}, "image_urls"),
        ("userText2Image/start", {"name": "n", "prompt": "  "}, "prompt should not be empty"),
        (
            "userWan30/start",
            {"name": "n", "model": "wan3.0-video", "input": {}, "parameters": {}},
            "input.prompt",
        ),
    ],
)
def test_starts_without_what_they_need_are_refused(
    route: str, body: dict[str, Any], words: str, talker: Talker
) -> None:
    reply = talker.post(route, body)
    assert reply.status_code == 400, reply.text
    assert words in reply.text
    assert talker.sandbox.ledger.made() == 0
    assert not talker.sandbox.ledger.charged


@pytest.mark.parametrize(
    ("route", "field", "kind", "status"),
    [
        ("userImage2Video/start", "image_url", "video/mp4", 400),
        ("userImage2Video/start", "image_url", "audio/mpeg", 400),
        ("userImage2Video/start", "image_url", "image/jpeg", 200),
        ("userImage2Video/start", "image_url", "application/octet-stream", 200),
        ("talkingVideo/start", "video_url", "image/png", 400),
        ("talkingVideo/start", "audio_url", "image/png", 400),
        ("talkingVideo/start", "audio_url", "video/mp4", 200),
        ("userFaceSwapTask/add", "video_url", "image/png", 200),
        ("userFaceSwapTask/add", "video_url", "audio/mpeg", 400),
        ("userFaceSwapTask/add", "face_url", "video/mp4", 400),
        ("headSwap/start", "target_image_url", "video/mp4", 200),
        ("userDubbing/startDubbing", "source_url", "image/png", 400),
        ("userDubbing/startDubbing", "source_url", "audio/mpeg", 200),
        ("userUpscale/start", "source_url", "audio/mpeg", 400),
        ("userCaptionRemoval/start", "source_url", "audio/mpeg", 400),
    ],
)
def test_files_of_another_kind_are_refused(
    route: str, field: str, kind: str, status: int, talker: Talker
) -> None:
    url = upload(talker, "file", b"content", kind)
    reply = talker.post(route, {**start_body(route), field: url})
    assert reply.status_code == status, reply.text
    if status == 400:
        assert f"{field} must be" in reply.text


def test_a_speech_is_no_picture(talker: Talker) -> None:
    url = talker.post("video/send_tts", {"msg": "hello", "tts_id": "65f0c0ffee0000000000a001"}).json()["data"]
    reply = talker.post("userImage2Video/start", {**start_body("userImage2Video/start"), "image_url": url})
    assert reply.status_code == 400
    assert "is audio" in reply.text
