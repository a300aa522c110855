"""Jobs with files of every kind: started again, and known by their content in a bulk run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E
from a2e_async.errors import InvalidArgument
from a2e_async.sandbox import Sandbox, VirtualClock

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(clock=VirtualClock(auto=True)) as sandbox:
        yield sandbox


@pytest.fixture
async def a2e(server: Sandbox) -> AsyncIterator[A2E]:
    server.reset()
    async with A2E(server.token, base_url=server.url, clock=server.clock) as client:
        yield client


def files_of(folder: Path) -> Iterator[Any]:
    path = folder / "cat.png"
    path.write_bytes(PNG)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(path, "cat.png")

    yield path
    yield PNG
    yield bytearray(PNG)
    yield memoryview(PNG)
    yield io.BytesIO(PNG)
    yield zipfile.Path(folder / "a.zip") / "cat.png"


async def test_every_kind_of_file_is_the_same_upload(a2e: A2E, tmp_path: Path) -> None:
    urls = set()
    for file in files_of(tmp_path):
        job = await a2e.image_to_video(image_url=file, prompt="it waves").with_uploads()
        urls.add(job.body["image_url"])
    assert len(urls) == 1


async def test_a_job_with_an_open_file_can_be_started_again(a2e: A2E) -> None:
    file = io.BytesIO(b"header" + PNG)
    file.seek(6)
    job = a2e.image_to_video(image_url=file, prompt="it waves")
    tasks = [await job.start(), await job.start()]
    assert tasks[0].id != tasks[1].id

    file.seek(0, io.SEEK_END)
    with pytest.raises(InvalidArgument, match=r"image_url: .*empty.*seek\(0\)"):
        await job.start()


async def test_a_bulk_run_knows_jobs_with_open_files_by_their_content(a2e: A2E, tmp_path: Path) -> None:
    for _ in range(2):
        jobs = [
            a2e.image_to_video(image_url=file, prompt=f"{number}")
            for number, file in enumerate(files_of(tmp_path))
        ]
        async with a2e.bulk(jobs, journal=tmp_path / "run.db") as run:
            outcomes = [outcome async for outcome in run]
        assert [outcome.error for outcome in outcomes] == [None] * 6
    assert len([1 async for _ in a2e.image_to_video.list()]) == 6


async def test_a_file_that_cannot_be_sent_is_named_by_its_field(a2e: A2E) -> None:
    text = io.StringIO("abc")
    with pytest.raises(InvalidArgument, match=r"image_url: the file is open in text mode"):
        await a2e.image_to_video(image_url=text, prompt="x").start()
