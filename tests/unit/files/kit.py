"""What the tests of files share: a clock, a storage that takes PUTs, a host that serves GETs, and sources."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs

from a2e_async._files.content import ReadSizes
from a2e_async._files.downloads import Downloader
from a2e_async._files.hashing import BLOCK_BYTES
from a2e_async._files.part_origin import Version
from a2e_async._files.uploads import Uploader
from a2e_async._spec.media import Upload
from a2e_async.errors import A2EError, ConnectionFailed, UploadError
from a2e_async.policies import RetryPolicy

MEGA = 1 << 20
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1" + bytes(range(256)) * 14_000  # 3.6 MB
PIECE_BYTES = ReadSizes().piece
BIG = bytes(range(256)) * 24_000  # 6 MB: four pieces
URL = "https://cdn.example/results/video?X-Amz-Signature=secret"

# With these sizes, little content is large: more than four pieces.
SMALL_PIECE = 64 << 10
LARGE = 4 * SMALL_PIECE
SMALL_SIZES = ReadSizes(large=LARGE, piece=SMALL_PIECE, visit=BLOCK_BYTES)
ONE = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(LARGE + SMALL_PIECE // 2)
OTHER = ONE[:-1] + b"!"  # of the same size and type
GROWN = ONE + b"more"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class ManualClock:
    """A clock on which sleeping takes no time."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
        await anyio.lowlevel.checkpoint()

    def move_on_after(self, seconds: float) -> AbstractContextManager[anyio.CancelScope]:
        raise AssertionError("not used here")


@attrs.define
class Answer:
    """A response. Its body may break off after `cut` bytes, with `error`."""

    status: int = 200
    headers: dict[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = b""
    cut: int | None = attrs.field(default=None, repr=False)
    error: Exception = attrs.field(factory=lambda: ConnectionFailed("cut"), repr=False)
    host: Host | None = attrs.field(default=None, repr=False)
    piece_bytes: int = attrs.field(default=1000, repr=False)

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        end = len(self.body) if self.cut is None else self.cut
        for at in range(0, end, self.piece_bytes):
            await anyio.lowlevel.checkpoint()
            piece = self.body[at : min(end, at + self.piece_bytes)]
            if self.host is not None:
                self.host.sent += len(piece)
                await self.host.on_piece(self.host)
            yield piece

        if self.cut is not None:
            raise self.error


# Uploads.


@attrs.define
class Put:
    """A PUT that the storage received."""

    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    complete: bool = False


Fault = Answer | Exception | Callable[[Put], Awaitable[None]]
"""What goes wrong with a PUT: an answer instead of reading the body, an error after its first piece, or a
function that is called after each piece."""


class Storage:
    """Takes PUTs. The script holds one fault per PUT; None is for none."""

    def __init__(self, *script: Fault | None) -> None:
        self.script = list(script)
        self.puts: list[Put] = []
        self.busy = 0
        self.busiest = 0

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Answer]:
        assert method == "PUT"
        assert content is not None
        put = Put(url, dict(headers))
        self.puts.append(put)
        fault = self.script.pop(0) if self.script else None
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)

        try:
            if isinstance(fault, Exception):
                put.body += await anext(content)
                raise fault
            if isinstance(fault, Answer):
                yield fault
                return

            async for piece in content:
                put.body += piece
                if fault is not None:
                    await fault(put)
                await anyio.lowlevel.checkpoint()

            assert len(put.body) == int(headers["Content-Length"]), "the transport would refuse this"
            put.complete = True
            yield Answer()
        finally:
            self.busy -= 1


class Service:
    """Presigns, and counts: each is charged."""

    def __init__(self, *, query: str = "X-Amz-Expires=3600") -> None:
        self.calls: list[tuple[str, str, int]] = []
        self.query = query
        self.error: A2EError | None = None

    async def __call__(self, key: str, content_type: str, size: int) -> tuple[str, str]:
        await anyio.lowlevel.checkpoint()
        self.calls.append((key, content_type, size))
        if self.error is not None:
            raise self.error
        number = len(self.calls)
        return f"https://r2.example/{key}?n={number}&{self.query}", f"https://cdn.example/{number}/{key}"


@attrs.define
class Bench:
    """An uploader and everything around it."""

    storage: Storage
    service: Service
    clock: ManualClock
    uploader: Uploader

    @property
    def whole(self) -> list[bytes]:
        """What was stored."""
        return [put.body for put in self.storage.puts if put.complete]


def bench(
    *script: Fault | None,
    query: str = "X-Amz-Expires=3600",
    clock: ManualClock | None = None,
    retry: RetryPolicy | None = None,
    **settings: Any,
) -> Bench:
    storage, service, clock = Storage(*script), Service(query=query), clock or ManualClock()
    retry = retry or RetryPolicy(attempts=4, random=lambda: 1.0)
    return Bench(storage, service, clock, Uploader(storage, service, clock=clock, retry=retry, **settings))


def large_bench(*script: Fault | None, **settings: Any) -> Bench:
    """A bench on which `ONE` is large."""
    return bench(*script, sizes=SMALL_SIZES, **settings)


async def until_waiting(uploader: Uploader, callers: int) -> None:
    """Return when that many callers wait for the one upload that is in progress."""
    assert uploader.in_progress == 1
    with anyio.fail_after(10):
        while uploader.waiting < callers:
            await anyio.lowlevel.checkpoint()


async def upload_after(
    b: Bench, first: Any, *others: Any, began: anyio.Event
) -> list[Upload | UploadError | None]:
    """Upload the others once the first is being sent. Returns the outcomes in their order."""
    outcomes: dict[int, Upload | UploadError | None] = {}

    async def upload(number: int, source: Any) -> None:
        try:
            outcomes[number] = await b.uploader.upload(source)
        except UploadError as error:
            outcomes[number] = error

    async with anyio.create_task_group() as group:
        group.start_soon(upload, 0, first)
        await began.wait()
        for number, source in enumerate(others, 1):
            group.start_soon(upload, number, source)
    return [outcomes.get(number) for number in range(len(others) + 1)]


# Downloads.


@attrs.define
class Cut:
    """The connection breaks after that many bytes of this answer."""

    after: int
    error: Exception = attrs.field(factory=lambda: ConnectionFailed("cut"))


async def _ignore(host: Host) -> None:
    pass


@attrs.define
class Host:
    """Serves one file, with Range. The script holds one fault per request; None is for none."""

    content: bytes
    script: list[Cut | Answer | Exception | None] = attrs.field(factory=list)
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = "application/octet-stream"
    ranges: bool = True
    sends_length: bool = True
    on_piece: Any = _ignore
    piece_bytes: int = 64 << 10
    requests: list[Mapping[str, str]] = attrs.field(factory=list)
    sent: int = 0

    def __attrs_post_init__(self) -> None:
        if self.etag is None:
            self.etag = f'"{hashlib.md5(self.content).hexdigest()}"'

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Answer]:
        assert (method, content) == ("GET", None)
        self.requests.append({name.lower(): value for name, value in headers.items()})
        await anyio.lowlevel.checkpoint()

        fault = self.script.pop(0) if self.script else None
        if isinstance(fault, Exception):
            raise fault
        answer = fault if isinstance(fault, Answer) else self.answer(self.requests[-1])
        answer.host, answer.piece_bytes = self, self.piece_bytes
        if isinstance(fault, Cut):
            answer.cut, answer.error = min(fault.after, len(answer.body)), fault.error
        yield answer

    def answer(self, asked: Mapping[str, str]) -> Answer:
        """The answer to a request with these headers."""
        headers = {"content-type": self.content_type}
        if self.etag:
            headers["etag"] = self.etag
        if self.last_modified:
            headers["last-modified"] = self.last_modified

        body, status = self.content, 200
        found = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
        if found and self.ranges and asked.get("if-range") in (None, self.etag, self.last_modified):
            start = int(found[1])
            if start >= len(body):
                return Answer(416, {"content-range": f"bytes */{len(body)}"})
            headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206

        if self.sends_length:
            headers["content-length"] = str(len(body))
        return Answer(status, headers, body)


def downloader(
    host: Host, *, attempts: int = 3, clock: ManualClock | None = None, **options: Any
) -> Downloader:
    retry = RetryPolicy(attempts=attempts, random=lambda: 1.0)
    return Downloader(host, clock=clock or ManualClock(), retry=retry, **options)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.part"))


def leave_part(folder: Path, content: bytes, version: Version | str) -> Path:
    """A part as an earlier call left it."""
    origin = hashlib.sha256(URL.partition("?")[0].encode()).hexdigest()[:12]
    part = folder / f"video.{origin}.part"
    part.write_bytes(content)
    text = version if isinstance(version, str) else json.dumps(attrs.asdict(version))
    part.with_name(f"{part.name}.json").write_text(text)
    return part
