"""Keys that identify jobs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from a2e_async._journal.job_keys import key_of
from a2e_async._spec.media import Upload
from a2e_async.client import A2E
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job

pytestmark = pytest.mark.anyio

A2E_CLIENT = A2E("sk_x")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(2_500_000)


def job(**body: Any) -> Job[Any]:
    return A2E_CLIENT.image_to_video(**{"image_url": "https://e.com/a.png", "prompt": "x", **body})


async def test_a_given_key_is_taken_as_it_is() -> None:
    assert await key_of(job().with_key("scene 1")) == "scene 1"


async def test_the_same_job_has_the_same_key_and_any_other_another() -> None:
    same = {
        await key_of(job()),
        await key_of(job(prompt="x")),
        await key_of(A2E("sk_y").image_to_video(prompt="x", image_url="https://e.com/a.png")),
    }
    assert len(same) == 1

    others = [
        job(prompt="y"),
        job(image_url="https://e.com/b.png"),
        job(video_time=5),
        job(name="x"),
        job(extra_body={"seed": 1}),
        job(extra_query={"region": "eu"}),
        A2E_CLIENT.text_to_image(prompt="x"),
    ]
    assert len(same | {await key_of(other) for other in others}) == 8


async def test_a_file_counts_by_its_content(tmp_path: Path) -> None:
    one, two, other = tmp_path / "one.png", tmp_path / "two.png", tmp_path / "other.png"
    one.write_bytes(PICTURE)
    two.write_bytes(PICTURE)
    other.write_bytes(PICTURE[:-1] + b"x")
    keys = {await key_of(job(image_url=source)) for source in (one, two, PICTURE)}
    assert len(keys) == 1
    assert await key_of(job(image_url=other)) not in keys

    uploaded = Upload("https://cdn/1", hashlib.sha256(PICTURE).hexdigest(), len(PICTURE), "image/png")
    assert await key_of(job(image_url=uploaded)) in keys


async def test_files_in_lists_count_too(tmp_path: Path) -> None:
    picture = tmp_path / "one.png"
    picture.write_bytes(PICTURE)

    def edit(*images: Any) -> Job[Any]:
        return A2E_CLIENT.flux2(name="n", prompt="x", input_images=list(images))

    assert await key_of(edit(picture)) == await key_of(edit(PICTURE))
    assert await key_of(edit(picture, "https://e.com/a.png")) != await key_of(edit(picture))


async def test_an_unreadable_file_and_an_unsendable_value_are_refused(tmp_path: Path) -> None:
    picture = tmp_path / "one.png"
    picture.write_bytes(PICTURE)
    gone = job(image_url=picture)
    picture.unlink()
    with pytest.raises(InvalidArgument, match=r"image_url: .*one\.png does not exist"):
        await key_of(gone)
    with pytest.raises(InvalidArgument, match="cannot be sent as JSON"):
        await key_of(job(extra_body={"thing": object()}))


async def test_keys_are_fit_for_file_names() -> None:
    key = await key_of(job(prompt="../../etc/passwd"))
    assert key.startswith("image_to_video-")
    assert key.replace("-", "").replace("_", "").isalnum()
