"""Whatever a file or a disk answers, what leaves the package is an error that says which file and why."""

from __future__ import annotations

import builtins
import errno
import io
import math
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from anyio import to_thread

from a2e_async.client import A2E
from a2e_async.errors import A2EError, DownloadError, InvalidArgument, UploadError
from tests.unit.foreign.kit import PNG, World, by_number
from tests.unit.foreign.test_transports import drained, job
from tests.unit.sample import Pictures
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

NUMBERS = (
    *(errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EIO, errno.ESTALE),
    *(errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EMFILE),
)
ERRORS: dict[str, Callable[[], Exception]] = {
    **{errno.errorcode[number]: by_number(number) for number in NUMBERS},
    "without a name": lambda: FileNotFoundError(2, "No such file or directory"),
    "nothing": OSError,
    "closed": lambda: ValueError("I/O operation on closed file"),
    "text": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "unsupported": lambda: io.UnsupportedOperation("seek"),
    "RuntimeError": lambda: RuntimeError("odd"),
    "KeyError": lambda: KeyError("x"),
    "AttributeError": lambda: AttributeError("closed"),
}
UPLOADS: dict[str, Callable[[A2E, Any, Path], Awaitable[Any]]] = {
    "upload": lambda a2e, file, _: a2e.upload(file),
    "upload_many": lambda a2e, file, _: a2e.upload_many([file]),
    "with_uploads": lambda a2e, file, _: job(a2e, source_url=file).with_uploads(),
    "request": lambda a2e, file, _: a2e.request("POST", "/api/v1/r2/quote", body={"a": file}),
    "start": lambda a2e, file, _: job(a2e, source_url=file).start(),
    "run": lambda a2e, file, _: job(a2e, source_url=file).run(timeout=math.inf),
    "bulk": lambda a2e, file, _: drained(a2e.bulk([job(a2e, source_url=file)], timeout=1e6)),
    "bulk with a journal": lambda a2e, file, folder: drained(
        a2e.bulk([job(a2e, source_url=file)], timeout=1e6, journal=folder / f"{len([*folder.iterdir()])}.db")
    ),
}


OF_DISKS = {name: make for name, make in ERRORS.items() if isinstance(make(), OSError) and name != "EMFILE"}


def picked(errors: Mapping[str, Any], *place: object) -> list[str]:
    """Some of the errors, others for each place."""
    return Random(repr(place)).sample(list(errors), 2 if place[-1] == "asyncio" else 1)


class Faulty:
    """Replaces a function: it fails at one of its calls, and from then on if `lasts`.

    `of` is a part of the first argument of the calls that count.
    """

    def __init__(
        self, works: Any, make: Callable[[], Exception], at: int, *, lasts: bool = False, of: str = ""
    ) -> None:
        self.works = works
        self.make = make
        self.at = at
        self.lasts = lasts
        self.of = of
        self.calls = 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        if self.of and self.of not in str(args[:1]):
            return self.works(*args, **options)
        self.calls += 1
        if self.calls == self.at or (self.lasts and self.calls > self.at):
            raise self.make()
        return self.works(*args, **options)


async def outcome_of(call: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await call()
    except Exception as error:
        return error


def check_upload(world: World, outcome: Any, where: Any) -> None:
    if isinstance(outcome, Exception):
        assert isinstance(outcome, InvalidArgument | UploadError), (where, repr(outcome))
        assert len(str(outcome)) > 10
        assert world.service.starts == 0, where


@pytest.mark.parametrize("call", UPLOADS)
async def test_a_path_that_cannot_be_read(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anyio_backend_name: str
) -> None:
    path = tmp_path / "my cat.png"
    path.write_bytes(PNG)
    for place, name in ((os, "stat"), (os, "fstat"), (builtins, "open")):
        for at, error in enumerate(picked(OF_DISKS, call, name, anyio_backend_name), 1):
            world = World()
            works = getattr(place, name)
            faulty = Faulty(works, OF_DISKS[error], at, of="" if name == "fstat" else "my cat")

            with monkeypatch.context() as patched:
                patched.setattr(place, name, faulty)
                outcome = await outcome_of(lambda: UPLOADS[call](world.client(), path, tmp_path))  # noqa: B023

            check_upload(world, outcome, (name, at, error))
            assert faulty.calls >= at or at > 1
            if isinstance(outcome, Exception):
                assert "my cat.png" in str(outcome)


class FaultyFile(io.BytesIO):
    """A file object of which one method fails."""

    def __init__(self, method: str, make: Callable[[], Exception], at: int) -> None:
        super().__init__(PNG)
        setattr(self, method, Faulty(getattr(self, method), make, at))


@pytest.mark.parametrize("call", UPLOADS)
async def test_a_file_object_that_fails(call: str, tmp_path: Path, anyio_backend_name: str) -> None:
    for method in ("read", "seek", "tell", "seekable", "readable"):
        for at, error in enumerate(picked(ERRORS, call, method, anyio_backend_name), 1):
            world = World()
            file = FaultyFile(method, ERRORS[error], at)
            outcome = await outcome_of(lambda: UPLOADS[call](world.client(), file, tmp_path))  # noqa: B023
            check_upload(world, outcome, (method, at, error))


async def downloaded(a2e: A2E, folder: Path) -> Any:
    return await a2e.download("https://cdn.test/a.png", folder)


async def fetched(a2e: A2E, folder: Path) -> Any:
    task = Pictures(a2e).task("000000000000000000000001")
    task.raws = ({"_id": task.id, "current_status": "completed", "image_urls": ["https://cdn.test/a.png"]},)
    return await task.result().download(folder)


async def collected(a2e: A2E, folder: Path) -> Any:
    async with a2e.bulk([job(a2e)], download_to=folder, timeout=30) as run:
        outcomes = [outcome async for outcome in run]
    for outcome in outcomes:
        assert outcome.result is not None, "it is paid for"
        if outcome.error is not None:
            raise outcome.error
    return outcomes


@pytest.mark.parametrize("call", [downloaded, fetched, collected], ids=lambda call: call.__name__)
@pytest.mark.parametrize("name", ["open", "mkdir", "write", "fsync", "link"])
async def test_a_disk_that_fails_in_a_download(
    call: Any, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anyio_backend_name: str
) -> None:
    """From one of its calls on, a function of the system fails."""
    works = getattr(os, name)
    for number, error in enumerate(picked(OF_DISKS, call.__name__, name, anyio_backend_name)):
        world, folder = World(), tmp_path / f"{number}" / "out"
        with monkeypatch.context() as patched:
            patched.setattr(os, name, Faulty(works, OF_DISKS[error], 1, lasts=True))
            outcome = await outcome_of(lambda: call(world.client(), folder))  # noqa: B023
        if isinstance(outcome, Exception):
            assert isinstance(outcome, DownloadError | InvalidArgument), (error, outcome)
            assert str(tmp_path) in str(outcome)
        assert world.service.starts <= 1
        assert await call(world.client(), folder)


async def test_a_saved_file_may_be_gone(tmp_path: Path) -> None:
    saved = await downloaded(World().client(), tmp_path)
    saved.path.unlink()
    with pytest.raises(DownloadError, match=r"a\.png cannot be read: No such file"):
        await saved.compute_sha256()


async def test_the_working_folder_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    made = job(World().client(), source_url=Path("a.png"))
    monkeypatch.setattr(os, "getcwd", Faulty(None, FileNotFoundError, 1, lasts=True))
    with pytest.raises(InvalidArgument, match=r"source_url: .*a\.png.*folder"):
        made.to_dict()
    assert "a.png" in repr(made)


async def test_there_may_be_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each of the places in turn where one is needed."""
    works = to_thread.run_sync
    path = tmp_path / "a.png"
    path.write_bytes(PNG)

    async def called(a2e: A2E, at: int) -> tuple[Any, int]:
        faulty = Faulty(works, lambda: RuntimeError("can't start new thread"), at)
        monkeypatch.setattr(to_thread, "run_sync", faulty)
        folder = tmp_path / f"{at}"
        outcome = await outcome_of(lambda: sent_and_fetched(a2e, path, folder))
        return outcome, faulty.calls

    _, calls = await called(World().client(), 0)
    for at in range(1, calls + 1):
        world = World()
        outcome, _ = await called(world.client(), at)
        assert not isinstance(outcome, Exception) or isinstance(outcome, A2EError), (at, outcome)
        assert world.service.starts <= 1


async def sent_and_fetched(a2e: A2E, path: Path, folder: Path) -> Any:
    await job(a2e, source_url=path).start()
    return await (await a2e.download("https://cdn.test/a.png", folder)).compute_sha256()
