"""Text to speech is one call; the prompt extension is a stream or a plain reply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, APIError, InvalidArgument, NotFound
from a2e_async.events import Event, Events
from a2e_async.sandbox import Sandbox
from tests.conformance.samples import ANCHOR, media_url

pytestmark = pytest.mark.anyio

EXTENSION: dict[str, Any] = {
    "reference_id": "r",
    "image_url": media_url("image"),
    "prompt": "it waves",
    "negative_prompt": "",
}
EXTENSIONS = {
    "prompt_extension": EXTENSION,
    "flf2v_prompt_extension": {**EXTENSION, "end_image_url": media_url("image")},
}


async def test_speech_is_one_call_that_gives_a_url(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    before = sandbox.ledger.count("api")
    url = await a2e.tts.send_tts(msg="hello", tts_id=ANCHOR, speech_rate=1.5)
    assert sandbox.ledger.count("api") == before + 1
    assert url.startswith(sandbox.files_origin)
    assert (await a2e.download(url, tmp_path)).path.suffix == ".mp3"


async def test_voices_to_choose_from(a2e: A2E) -> None:
    languages = await a2e.anchor.language_list()
    countries = {
        language.value: [region.value for region in language.children or ()] for language in languages
    }

    assert countries["en"] == ["US", "GB"]
    for voices in (
        await a2e.anchor.voice_list(country="en", region="GB"),
        await a2e.anchor.post_voice_list(country="en", region="GB"),
    ):
        assert [group.value for group in voices] == ["female", "male"]
        voice = (voices[0].children or ())[0]
        assert voice.label == "Alma (en-GB)"
        assert await a2e.tts.send_tts(msg="hello", tts_id=str(voice.value), country="en", region="GB")

    assert await a2e.anchor.tts_list()


async def test_previews_are_listed_and_deleted(a2e: A2E, tmp_path: Path) -> None:
    urls = [await a2e.tts.send_tts(msg=f"take {number}", tts_id=ANCHOR) for number in range(3)]
    previews = [preview async for preview in a2e.tts.preview_list(page_size=2)]
    assert [preview.raw["audio_url"] for preview in previews[:3]] == urls[::-1]
    first = str(previews[0].raw["_id"])
    await a2e.tts.preview_delete(first)
    assert first not in [preview.raw["_id"] async for preview in a2e.tts.preview_list()]
    assert await a2e.download(urls[2], tmp_path), "the sound itself stays"
    with pytest.raises(NotFound):
        await a2e.tts.preview_delete(first)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"msg": "x"}, "tts_id"),
        ({"msg": "x", "tts_id": ""}, "tts_id"),
        ({"msg": "", "tts_id": ANCHOR}, "msg"),
        ({"msg": "x" * 1001, "tts_id": ANCHOR}, "msg"),
        ({"msg": "x", "tts_id": ANCHOR, "speech_rate": 2.5}, "speech_rate"),
        ({"msg": "x", "tts_id": ANCHOR, "type": 7}, "type"),
    ],
)
async def test_speech_that_cannot_be(
    arguments: dict[str, Any], field: str, a2e: A2E, sandbox: Sandbox
) -> None:
    before = sandbox.ledger.count("api")
    with pytest.raises(InvalidArgument) as caught:
        await a2e.tts.send_tts(**arguments)
    assert caught.value.field == field
    assert sandbox.ledger.count("api") == before


# Prompt extension


@pytest.mark.parametrize("method", EXTENSIONS)
async def test_a_prompt_is_extended_at_once(method: str, a2e: A2E) -> None:
    reply = await getattr(a2e.image_to_video, method)(**EXTENSIONS[method])
    assert reply["prompt"].startswith("it waves,")
    assert reply["negative_prompt"]


@pytest.mark.parametrize("method", EXTENSIONS)
async def test_a_prompt_is_extended_as_a_stream(method: str, a2e: A2E) -> None:
    events = getattr(a2e.image_to_video, method)(**EXTENSIONS[method], stream=True)
    assert isinstance(events, Events)
    got = [event async for event in events]
    assert [event.kind for event in got] == ["delta", "delta", "delta", "result"]
    text = "".join(event.data["text"] for event in got[:-1]).strip()
    assert got[-1] == Event("result", {"prompt": text, "negative_prompt": "blurry, distorted"})
    assert [event async for event in events] == [], "it is read once"


async def test_a_stream_left_early(a2e: A2E) -> None:
    async with a2e.image_to_video.prompt_extension(**EXTENSION, stream=True) as events:
        async for event in events:
            assert event.kind == "delta"
            break
    assert [event async for event in events] == []


async def test_a_stream_that_ends_in_an_error(a2e: A2E) -> None:
    events = a2e.image_to_video.prompt_extension(**{**EXTENSION, "prompt": "sandbox:fail"}, stream=True)
    assert (await anext(events)).kind == "delta"
    with pytest.raises(APIError, match="Prompt extension failed"):
        await anext(events)
    assert [event async for event in events] == []


async def test_a_plain_reply_that_is_an_error(a2e: A2E) -> None:
    with pytest.raises(APIError, match="Prompt extension failed"):
        await a2e.image_to_video.prompt_extension(**{**EXTENSION, "prompt": "sandbox:fail"})


async def test_a_stream_refused_before_it_begins(sandbox: Sandbox) -> None:
    async with A2E(token="sk_not.this.one", base_url=sandbox.url, clock=sandbox.clock) as stranger:
        with pytest.raises(APIError) as caught:
            await anext(stranger.image_to_video.prompt_extension(**EXTENSION, stream=True))
        assert caught.value.status == 401


@pytest.mark.parametrize("method", EXTENSIONS)
async def test_a_picture_from_a_file_in_a_stream_too(method: str, a2e: A2E, sandbox: Sandbox) -> None:
    picture = b"\x89PNG\r\n\x1a\n for " + method.encode()
    before = sum(sandbox.ledger.uploads.values())
    arguments = {**EXTENSIONS[method], "image_url": picture}
    assert [event async for event in getattr(a2e.image_to_video, method)(**arguments, stream=True)]
    assert await getattr(a2e.image_to_video, method)(**arguments)
    assert sum(sandbox.ledger.uploads.values()) == before + 1
