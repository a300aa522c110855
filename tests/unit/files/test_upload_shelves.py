"""Several workers upload the same content once among them, by a shelf that they share."""

from __future__ import annotations

import anyio
import pytest

from a2e_async._files.upload_cache import ContentKey, UploadCache
from a2e_async._files.upload_shelf import UploadShelf
from a2e_async._spec.media import Upload
from a2e_async.errors import JournalError, UploadError
from tests.unit.files.kit import BIG, ONE, PNG, Answer, Bench, Put, bench, large_bench, sha256

pytestmark = pytest.mark.anyio


class Shelf(UploadShelf):
    """A shelf in memory. A place is taken from the first question until the answer to it."""

    def __init__(self) -> None:
        self.uploads: dict[ContentKey, tuple[Upload, float]] = {}
        self.taken: dict[ContentKey, anyio.Event] = {}
        self.asked: list[str] = []
        self.error: Exception | None = None

    async def find(self, key: ContentKey, *, max_age: float) -> tuple[Upload, float] | None:
        self.asked.append(key.sha256)
        if self.error is not None:
            raise self.error
        while key in self.taken:
            await self.taken[key].wait()
        found = self.uploads.get(key)
        if found is None or found[1] >= max_age:
            self.taken[key] = anyio.Event()
            await anyio.lowlevel.checkpoint()
            return None
        return found

    async def keep(self, upload: Upload) -> None:
        key = ContentKey(upload.sha256, upload.content_type, upload.size)
        self.uploads[key] = upload, 0.0
        await self.give_up(key)

    async def give_up(self, key: ContentKey) -> None:
        await anyio.lowlevel.checkpoint()
        if key in self.taken:
            self.taken.pop(key).set()


def worker(shelf: Shelf, *script: Answer | None) -> Bench:
    made = bench(*script)
    made.uploader.shelves.append(shelf)
    return made


async def test_workers_at_the_same_time_presign_once() -> None:
    shelf = Shelf()
    workers = [worker(shelf) for _ in range(3)]
    uploads: list[Upload] = []

    async def upload(one: Bench) -> None:
        uploads.append(await one.uploader.upload(BIG))

    async with anyio.create_task_group() as group:
        for one in workers:
            for _ in range(2):
                group.start_soon(upload, one)
    assert len(set(uploads)) == 1
    assert len(uploads) == 6
    assert sum(len(one.service.calls) for one in workers) == 1
    assert len(shelf.asked) == 3  # of one worker the first caller asks
    assert not shelf.taken


async def test_the_own_cache_comes_first_and_learns_what_was_found() -> None:
    shelf = Shelf()
    one, other = worker(shelf), worker(shelf)
    upload = await one.uploader.upload(PNG)
    for _ in range(2):
        assert await other.uploader.upload(PNG) == upload
        assert await one.uploader.upload(PNG) == upload
    assert len(shelf.asked) == 2
    assert not other.service.calls


async def test_an_upload_that_was_found_keeps_its_age() -> None:
    shelf = Shelf()
    old = Upload("https://cdn.example/old", sha256(PNG), len(PNG), "image/png")
    shelf.uploads[ContentKey(old.sha256, "image/png", old.size)] = old, 70.0
    one = bench(cache=UploadCache(max_age=100))
    one.uploader.shelves.append(shelf)
    assert await one.uploader.upload(PNG) == old

    one.clock.time += 40
    shelf.uploads[ContentKey(old.sha256, "image/png", old.size)] = old, 110.0
    assert (await one.uploader.upload(PNG)).url != old.url
    assert not shelf.taken


async def test_a_refused_upload_gives_its_place_to_the_next_worker() -> None:
    shelf = Shelf()
    broken, sound = worker(shelf, Answer(400, {}, b"no")), worker(shelf)
    with pytest.raises(UploadError):
        await broken.uploader.upload(PNG)
    assert not shelf.taken
    assert await sound.uploader.upload(PNG)
    assert await broken.uploader.upload(PNG)
    assert (len(broken.service.calls), len(sound.service.calls)) == (1, 1)


@pytest.mark.parametrize("when", ["asking", "sending"])
async def test_a_cancelled_upload_gives_its_place_to_the_next_worker(when: str) -> None:
    shelf = Shelf()
    scope = anyio.CancelScope()

    async def fault(_: Put) -> None:
        scope.cancel()

    one, other = bench(fault), worker(shelf)
    one.uploader.shelves.append(shelf)
    with scope:
        if when == "asking":
            scope.cancel()
        await one.uploader.upload(BIG)
        raise AssertionError("not reached")
    assert not shelf.taken
    assert await other.uploader.upload(BIG)


async def test_a_shelf_that_cannot_be_read_is_told_before_anything_is_paid_for() -> None:
    shelf = Shelf()
    shelf.error = JournalError("the database cannot be read")
    one = worker(shelf)
    with pytest.raises(JournalError):
        await one.uploader.upload(PNG)
    assert not one.service.calls


async def test_with_a_shelf_a_large_content_is_hashed_before_it_is_sent(hashed_apart: list[int]) -> None:
    shelf = Shelf()
    one, other = large_bench(), large_bench()
    other.uploader.shelves.append(shelf)
    await one.uploader.upload(ONE)
    assert not hashed_apart

    upload = await other.uploader.upload(ONE)
    assert hashed_apart
    assert upload.sha256 == shelf.asked[0] == sha256(ONE)
