"""Shared by the sandbox's own tests: a plain HTTP client, and a valid body for every start."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from a2e_async.sandbox import Sandbox, VirtualClock
from a2e_async.sandbox.document import load_document

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading certificates takes longer than a test
IMAGE = "https://media.example.com/cat.png"
VIDEO = "https://media.example.com/clip.mp4"
AUDIO = "https://media.example.com/voice.mp3"
ANCHOR = "65f0c0ffee0000000000a001"

# Start route -> a body that the service would accept.
STARTS: dict[str, dict[str, Any]] = {
    "userImage2Video/start": {"image_url": IMAGE, "prompt": "it waves", "name": "n"},
    "userText2Image/start": {"prompt": "a red kite", "name": "n"},
    "userNanoBanana/start": {"name": "n", "prompt": "a red kite"},
    "userGptImage/start": {"name": "n", "prompt": "a red kite"},
    "userFlux2/start": {"name": "n", "prompt": "a red kite"},
    "userWan26Image/start": {"name": "n", "prompt": "a red kite"},
    "userWan27Image/start": {"name": "n", "prompt": "a red kite"},
    "userQwen2Image/start": {"name": "n", "prompt": "a red kite"},
    "userKlingImage/start": {"name": "n", "prompt": "a red kite"},
    "userPhotobook/start": {"name": "n", "face_image_url": IMAGE},
    "userImageEdit/start": {"name": "n", "edit_type": "clothing", "image_urls": [IMAGE, IMAGE]},
    "userWan25/start": {"name": "n", "image_url": IMAGE, "prompt": "it waves"},
    "userWan26R2V/start": {"name": "n", "prompt": "character1 waves", "reference_urls": [IMAGE]},
    "userWanSpicy/start": {
        "name": "n",
        "prompt": "it waves",
        "image_url": IMAGE,
        "resolution": "720p",
        "duration": 5,
    },
    "userHappyhorseVideo/start": {"name": "n", "mode": "t2v", "prompt": "a horse"},
    "userWan30/start": {
        "name": "n",
        "model": "wan3.0-video",
        "input": {"prompt": "a horse"},
        "parameters": {},
    },
    "veoVideo/start": {"name": "n", "prompt": "a horse"},
    "klingVideo/start": {"name": "n", "mode": "text-to-video", "prompt": "a horse"},
    "klingOmni/start": {"name": "n", "prompt": "a horse"},
    "grokVideo/start": {"name": "n", "prompt": "a horse"},
    "hailuoVideo/start": {"name": "n", "prompt": "a horse", "image_url": IMAGE},
    "minimaxH3Video/start": {"name": "n", "prompt": "a horse"},
    "soraVideo/start": {"name": "n", "prompt": "a horse", "image_urls": [IMAGE]},
    "seedanceVideo/start": {"name": "n", "prompt": "a horse"},
    "seedance2Video/start": {"name": "n", "prompt": "a horse"},
    "userFaceSwapTask/add": {"name": "n", "video_url": VIDEO, "face_url": IMAGE},
    "userFaceSwapPreview/add": {"video_url": VIDEO, "face_url": IMAGE},
    "headSwap/start": {"image_url": IMAGE, "target_image_url": IMAGE},
    "actorSwap/start": {"name": "n", "image_url": IMAGE, "video_url": VIDEO},
    "talkingPhoto/start": {"name": "n", "image_url": IMAGE, "prompt": "speaks", "negative_prompt": "blurry"},
    "talkingVideo/start": {"name": "n", "video_url": VIDEO, "prompt": "speaks", "negative_prompt": "blurry"},
    "virtualTryOn/start": {"name": "n", "image_urls": [IMAGE, IMAGE]},
    "motionTransfer/start": {"name": "n", "image_url": IMAGE, "video_url": VIDEO},
    "productAvatar/start": {
        "name": "n",
        "image_urls": [IMAGE, IMAGE],
        "product_rect": {"x": 0, "y": 0, "width": 1, "height": 1, "rotation": 0, "scale": 1},
    },
    "video/generate": {"title": "n", "anchor_id": ANCHOR, "anchor_type": 0, "audioSrc": AUDIO},
    "userVideoTwin/startTraining": {"name": "n", "video_url": VIDEO},
    "userVoice/training": {"name": "n", "voice_urls": [AUDIO]},
    "userDubbing/startDubbing": {"name": "n", "source_url": VIDEO, "target_language": "es"},
    "thinkSound/start": {"name": "n", "video_url": VIDEO},
    "userCaptionRemoval/start": {"name": "n", "source_url": VIDEO},
    "userUpscale/start": {"name": "n", "source_url": IMAGE},
}


def start_body(route: str) -> dict[str, Any]:
    """A body that a start would accept. For a family without an entry in STARTS, its schema makes it up."""
    if route in STARTS:
        return STARTS[route]

    operation = next(one for one in load_document().operations if "/".join(one.segments) == route)
    schema = operation.body_schema or {}
    required = {name for part in (schema, *schema.get("allOf", ())) for name in part.get("required", ())}
    return {name: _sample(one) for name, one in operation.body_fields.items() if name in {*required, "name"}}


def _sample(schema: Any) -> Any:
    """A value that a schema allows."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_sample(schema.get("items", {}))] * schema.get("minItems", 1)
    if schema.get("type") == "object":
        members = schema.get("properties", {})
        return {name: _sample(members.get(name, {})) for name in schema.get("required", ())}
    kinds = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": True}
    return kinds.get(schema.get("type"), IMAGE)


# Bodies of the other operations that need one. {task} is replaced by the id of a task of that resource.
BODIES: dict[str, dict[str, Any]] = {
    "r2/upload-presigned-url": {"key": "cat.png"},
    "r2/get_upload_presigned_url": {"key": "cat.png"},
    "generation/quote": {"endpoint": "/api/v1/userFlux2/start", "requestBody": {"prompt": "x", "name": "n"}},
    "video/send_tts": {"msg": "hello", "tts_id": ANCHOR},
    "video/generatePublicAccessToken": {"video_id": "{task}"},
    "custom_back/add": {"img_url": IMAGE},
    "userVideoTwin/remove": {"_id": "{task}"},
    "userVideoTwin/continueTraining": {"_id": "{task}"},
    "userVideoTwin/eyeContact": {"_id": "{task}"},
    "userVideoTwin/training": {"name": "n", "video_url": VIDEO},
    "userFaceSwapImage/add": {"face_url": IMAGE},
    "userText2Image/quickAddAvatar": {"_id": "{task}"},
    "userImage2Video/prompt_extension": {
        "reference_id": "r",
        "image_url": IMAGE,
        "prompt": "it waves",
        "negative_prompt": "",
    },
    "userImage2Video/flf2v_prompt_extension": {
        "reference_id": "r",
        "image_url": IMAGE,
        "end_image_url": IMAGE,
        "prompt": "it waves",
        "negative_prompt": "",
    },
    "user/add": {"username": "u", "password": "p"},
    "token/generate": {"alias": "second"},
    "token/delete": {"_id": ANCHOR},
    "token/status": {"_id": ANCHOR, "enabled": "false"},
}


class Talker:
    """A client of one sandbox that only knows HTTP, and the sandbox's clock."""

    def __init__(self, sandbox: Sandbox, clock: VirtualClock | None = None) -> None:
        self.sandbox = sandbox
        self.clock = clock or VirtualClock()
        self.http = httpx.Client(
            base_url=f"{sandbox.url}/api/v1/",
            headers={"Authorization": f"Bearer {sandbox.token}"},
            verify=NO_TLS,
            timeout=60,
        )
        self.files = httpx.Client(verify=NO_TLS, timeout=60)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return self.http.post(path, json={} if body is None else body, **options)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path)

    def start(self, route: str, **changes: Any) -> dict[str, Any]:
        """Start a task and return the first record of the reply."""
        reply = self.post(route, {**start_body(route), **changes})
        assert reply.status_code == 200, reply.text
        data = reply.json()["data"]
        first = data[0] if isinstance(data, list) else data
        assert isinstance(first, dict)
        return first

    def finish(self) -> None:
        """Move the clock until every task has ended."""
        self.clock.advance(100_000)

    def close(self) -> None:
        self.http.close()
        self.files.close()


@contextmanager
def talking(**options: Any) -> Iterator[Talker]:
    """Run a sandbox, by default on a clock that does not move by itself, and yield a client of it."""
    clock = options.pop("clock", None) or VirtualClock()
    with Sandbox(clock=clock, **options) as sandbox:
        talker = Talker(sandbox, clock)
        try:
            yield talker
        finally:
            talker.close()


def data(reply: httpx.Response) -> Any:
    """The ``data`` of a successful reply."""
    assert reply.status_code == 200, reply.text
    return reply.json()["data"]


def rows(reply: httpx.Response) -> list[Any]:
    """The elements of a list reply, whatever its shape."""
    elements = reply.json()["data"]
    if isinstance(elements, dict):
        elements = next(elements[key] for key in ("rows", "list", "data") if key in elements)
    assert isinstance(elements, list)
    return elements
