"""What a job asks for: what counts, what is written down, how two differ."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from a2e_async._journal.asked import contradiction, difference, read_asked
from a2e_async._spec.media import Upload
from a2e_async.client import A2E
from a2e_async.jobs import Job

pytestmark = pytest.mark.anyio

A2E_CLIENT = A2E("sk_x")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


def job(**body: Any) -> Job[Any]:
    return A2E_CLIENT.image_to_video(**{"image_url": "https://e.com/a.png", "prompt": "x", **body})


def size(width: Any) -> Job[Any]:
    return job(extra_body={"shape": {"width": width, "ratios": [1, 2.5]}})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (size(1024), size(1024.0)),
        (job(extra_body={"a": 1, "b": 2}), job(extra_body={"b": 2, "a": 1})),
        (job(webhook_url="https://a.ngrok.app/x", webhook_token="t1"), job(webhook_url="https://b.app")),
        (job(webhook_url="https://a.ngrok.app/x"), job()),
        (job(extra_body={"list": (1, 2)}), job(extra_body={"list": [1.0, 2]})),
        (job(image_url=PICTURE), job(image_url=PICTURE)),
    ],
)
async def test_these_ask_for_the_same(one: Job[Any], other: Job[Any]) -> None:
    assert (await read_asked(one)).digest == (await read_asked(other)).digest
    assert (await read_asked(one)).derived_key == (await read_asked(other)).derived_key


@pytest.mark.parametrize(
    "other",
    [
        size(1024.5),
        size("1024"),
        job(extra_body={"flag": True}),
        job(extra_body={"flag": 1}),
        job(extra_body={"flag": "1"}),
        job(extra_body={"flag": None}),
        job(prompt="X"),
        job(prompt="x "),
        job(image_url="https://e.com/a.png?v=2"),
        job(extra_query={"region": "eu"}),
        A2E_CLIENT.text_to_image(prompt="x"),
    ],
)
async def test_these_ask_for_something_else(other: Job[Any]) -> None:
    others = [size(1024), job(), job(extra_body={"flag": 0})]
    digests = {(await read_asked(one)).digest for one in others}
    assert (await read_asked(other)).digest not in digests


async def test_the_copy_can_be_read_and_holds_no_secret_and_no_content(tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PICTURE)
    asked = await read_asked(
        job(
            image_url=picture,
            prompt="it waves 👋",
            webhook_token="whs-secret",
            webhook_url="https://hooks.e.com/secret-path",
            end_image_url="https://me:secret@bucket.e.com/a.png?X-Signature=secret",
            extra_body={
                "api_key": "secret",
                "nested": {"accessToken": "secret"},
                "inline": "data:image/png;base64,secretsecret",
                "upload": Upload("https://cdn/1?sig=secret", "ab" * 32, 3, "image/png"),
                "long": "y" * 100_000,
            },
        )
    )

    assert "secret" not in asked.copy
    assert len(asked.copy) < 6000
    body = json.loads(asked.copy)["body"]
    assert body["prompt"] == "it waves 👋"
    assert body["image_url"]["file"] == str(picture)
    assert body["end_image_url"].startswith("https://bucket.e.com/a.png?...")
    assert body["upload"] == {"sha256": "ab" * 8}


async def test_a_file_that_is_gone_is_known_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PICTURE)
    monkeypatch.chdir(tmp_path)
    before = [await read_asked(job(image_url=path)) for path in (picture, Path("cat.png"))]
    assert {asked.problem for asked in before} == {None}
    picture.unlink()

    gone = await read_asked(job(image_url=picture))
    assert gone.digest is None
    assert gone.derived_key is None
    assert str(gone.problem) == f"image_url: {picture} does not exist"
    assert "another key (image_url: " in str(
        contradiction("k", before[0].workflow, before[0].digest, before[0].copy, gone, where="here")
    )
    assert {asked.path_digest for asked in before} == {gone.path_digest}
    assert (await read_asked(job(image_url=picture, prompt="y"))).path_digest != gone.path_digest
    assert (await read_asked(job(image_url=tmp_path / "dog.png"))).path_digest != gone.path_digest


@pytest.mark.skipif(os.name == "nt", reason="a path of bytes")
async def test_any_path_can_be_written_down(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    odd.write_bytes(PICTURE)  # noqa: ASYNC240 - a test
    json.loads((await read_asked(job(image_url=odd))).copy)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (job(), job(prompt="y"), "prompt was 'x' and is now 'y'"),
        (job(), job(video_time=5), "video_time was not given and is now 5"),
        (size(1), size(2), "shape.width was 1 and is now 2"),
        (
            job(image_url="https://e.com/a.png?s=1"),
            job(image_url="https://e.com/a.png?s=2"),
            "image_url was 'https://e.com/a.png?... (",
        ),
        (job(image_url=PICTURE), job(image_url=PICTURE + b"x"), "image_url was 'a file ("),
        (job(extra_body={"pin_token": "a"}), job(extra_body={"pin_token": "b"}), "does not show has changed"),
        (job(prompt="a" * 500), job(prompt="b" * 500), "..."),
        (job(), job(extra_body=dict.fromkeys("abcdef", 1)), "and 3 more changes"),
    ],
)
async def test_a_difference_is_named(one: Job[Any], other: Job[Any], said: str) -> None:
    text = difference((await read_asked(one)).copy, (await read_asked(other)).copy)
    assert said in text
    assert len(text) < 600
