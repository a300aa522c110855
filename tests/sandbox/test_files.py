"""Uploads and downloads over real sockets, with faults, cuts, expiry and cancellation at any moment."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anyio.abc import SocketStream

from a2e_async import A2E
from a2e_async._files.destination import SavedFile
from a2e_async._files.downloads import Downloader
from a2e_async.errors import ConfigurationError, DownloadError, InvalidArgument, UploadError
from a2e_async.policies import RetryPolicy
from a2e_async.sandbox import Faults, Sandbox, VirtualClock

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10
BIG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 12_000  # 3 MB
SIZE = 3_000_001
QUICK = RetryPolicy(attempts=4, base=0.0)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(clock=VirtualClock(auto=True, grace=0.002), separate_files=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.reset()
    return server


@pytest.fixture
async def a2e(sandbox: Sandbox) -> AsyncIterator[A2E]:
    async with A2E(token=sandbox.token, base_url=sandbox.url, clock=sandbox.clock, retry=QUICK) as client:
        yield client


def downloader(a2e: A2E, **options: Any) -> Downloader:
    return Downloader(a2e.runtime.http, clock=a2e.runtime.policies.clock, retry=QUICK, **options)


async def pieces_of(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 50_000):
        await anyio.lowlevel.checkpoint()
        yield data[at : at + 50_000]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["path", "bytes", "file", "async file", "async iterator"])
async def test_every_kind_of_source_arrives(sandbox: Sandbox, a2e: A2E, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "Mein Bild.png"
    path.write_bytes(BIG)

    async with await anyio.open_file(path, "rb") as async_file:
        sources: dict[str, Any] = {
            "path": path,
            "bytes": BIG,
            "file": io.BytesIO(BIG),
            "async file": async_file,
            "async iterator": pieces_of(BIG),
        }
        upload = await a2e.upload(sources[kind])

    assert (upload.sha256, upload.size, upload.content_type) == (sha256(BIG), len(BIG), "image/png")
    assert dict(sandbox.ledger.uploads) == {sha256(BIG): 1}

    back = await downloader(a2e).download(upload.url, folder=tmp_path, name="back")
    assert (back.path.name, back.path.read_bytes(), back.content_type) == ("back.png", BIG, "image/png")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fault", ["status_503", "status_429", "reset_before", "reset_after", "cut", "cut:1000000"]
)
async def test_a_failed_put_reuses_its_presigned_url(sandbox: Sandbox, a2e: A2E, fault: str) -> None:
    sandbox.script("upload", fault, fault, "ok")
    upload = await a2e.upload(BIG)
    assert upload.sha256 == sha256(BIG)
    ledger = sandbox.ledger
    assert sum(ledger.presigns.values()) == 1
    assert sha256(BIG) in ledger.uploads


@pytest.mark.anyio
async def test_the_same_content_is_presigned_once_however_often_it_is_given(
    sandbox: Sandbox, a2e: A2E
) -> None:
    sources = [source for _ in range(3) for source in (BIG, io.BytesIO(BIG), PNG, pieces_of(BIG), PNG)]
    uploads = await a2e.upload_many(sources, concurrency=5)
    assert [upload.sha256 for upload in uploads] == [sha256(data) for data in (BIG, BIG, PNG, BIG, PNG) * 3]
    ledger = sandbox.ledger
    assert sum(ledger.presigns.values()) == 2
    assert dict(ledger.uploads) == {sha256(BIG): 1, sha256(PNG): 1}


@pytest.mark.anyio
async def test_an_expired_url_is_signed_again(sandbox: Sandbox, a2e: A2E) -> None:
    sandbox.script("upload", "latency:4000", "ok")
    await a2e.upload(PNG)
    assert dict(sandbox.ledger.uploads) == {sha256(PNG): 1}


@pytest.mark.anyio
async def test_refusals_of_the_storage_are_reported(sandbox: Sandbox, a2e: A2E) -> None:
    sandbox.script("upload", "status_403")
    with pytest.raises(UploadError) as caught:
        await a2e.upload(PNG)
    assert caught.value.status == 403
    sandbox.script("upload", "redirect")
    with pytest.raises(UploadError):
        await a2e.upload(PNG)
    assert not sandbox.ledger.uploads


@pytest.mark.anyio
async def test_a_file_that_changes_while_it_is_sent_is_not_stored(
    sandbox: Sandbox, a2e: A2E, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(2 * BIG)  # more than is read ahead

    def progress(done: int, total: int) -> None:
        if done < total:
            path.write_bytes(bytes(2 * len(BIG)))

    with pytest.raises(UploadError, match="changed"):
        await a2e.upload(path, progress=progress)
    assert not sandbox.ledger.uploads


@pytest.mark.anyio
async def test_a_cancelled_upload_leaves_the_client_whole(sandbox: Sandbox, a2e: A2E) -> None:
    for moment in range(1, 4):
        data = BIG + bytes([moment])
        with anyio.CancelScope() as scope:

            def progress(
                done: int, total: int, moment: int = moment, scope: anyio.CancelScope = scope
            ) -> None:
                if done >= moment << 20:
                    scope.cancel()

            await a2e.upload(data, progress=progress)
        await a2e.upload(data)
        assert sha256(data) in sandbox.ledger.uploads
    assert sum(sandbox.ledger.presigns.values()) == 3


@pytest.mark.anyio
async def test_a_download_survives_cuts_and_refusals(sandbox: Sandbox, a2e: A2E, tmp_path: Path) -> None:
    kinds = ["cut:100000", "status_503", "reset_before", "cut:1000000", "status_429", "cut:500000"]
    sandbox.script("download", *kinds)
    saved = await downloader(a2e).download(sandbox.file_url(SIZE), folder=tmp_path)
    whole = await downloader(a2e).download(sandbox.file_url(SIZE), folder=tmp_path / "whole")
    assert saved.path.read_bytes() == whole.path.read_bytes()
    assert await saved.compute_sha256() == sha256(whole.path.read_bytes())
    assert saved.size == SIZE
    assert names(tmp_path) == [str(SIZE), "whole"]
    assert sandbox.ledger.bytes_downloaded < 2 * SIZE + 3 * 65536


@pytest.mark.anyio
async def test_a_later_call_resumes(sandbox: Sandbox, a2e: A2E, tmp_path: Path) -> None:
    sandbox.script("download", "cut:2000000", *["status_503"] * 4)
    with pytest.raises(DownloadError) as caught:
        await downloader(a2e).download(sandbox.file_url(SIZE), folder=tmp_path)
    assert caught.value.status == 503
    before = sandbox.ledger.bytes_downloaded
    saved = await downloader(a2e).download(sandbox.file_url(SIZE), folder=tmp_path)
    assert saved.size == SIZE
    assert sandbox.ledger.bytes_downloaded - before == SIZE - 2_000_000
    assert names(tmp_path) == [str(SIZE)]


@pytest.mark.anyio
async def test_a_download_cancelled_at_any_moment_resumes(sandbox: Sandbox, a2e: A2E, tmp_path: Path) -> None:
    for step in range(6):
        folder = tmp_path / str(step)
        with anyio.CancelScope() as scope:

            def progress(
                done: int, total: int | None, step: int = step, scope: anyio.CancelScope = scope
            ) -> None:
                if done > step * 500_000:
                    scope.cancel()

            await downloader(a2e).download(sandbox.file_url(SIZE), folder=folder, progress=progress)
        saved = await downloader(a2e).download(sandbox.file_url(SIZE), folder=folder)
        whole = await downloader(a2e).download(
            sandbox.file_url(SIZE), folder=tmp_path / "whole", overwrite=True
        )
        assert saved.path.read_bytes() == whole.path.read_bytes()
        assert saved.size == SIZE
        assert names(folder) == [str(SIZE)]


@pytest.mark.anyio
async def test_limits_and_refusals_are_reported(sandbox: Sandbox, a2e: A2E, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="at most 1 MiB"):
        await downloader(a2e, max_bytes=1 << 20).download(sandbox.file_url(SIZE), folder=tmp_path)
    with pytest.raises(DownloadError, match="expire") as caught:
        await downloader(a2e).download(f"{sandbox.files_origin}/cdn/none.png", folder=tmp_path)
    assert caught.value.status == 404
    assert names(tmp_path) == []


@pytest.mark.anyio
async def test_redirects_and_cuts_behind_them(sandbox: Sandbox, a2e: A2E, tmp_path: Path) -> None:
    sandbox.script("download", "redirect", "cut:100000", "redirect", "cut:1000000", "redirect")
    saved = await downloader(a2e).download(sandbox.file_url(SIZE), folder=tmp_path)
    assert saved.size == SIZE
    assert sandbox.ledger.bytes_downloaded < SIZE + 2 * 65536


@pytest.mark.anyio
async def test_media_on_this_machine_is_fine_where_the_api_is(sandbox: Sandbox, a2e: A2E) -> None:
    result = await a2e.image_to_video(image_url=sandbox.file_url(10), prompt="it waves").run()
    assert result.urls


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "10.0.0.7", "2130706433", "[::1]", "minio:9000"]
)
async def test_media_that_the_service_cannot_fetch_is_refused_before_it_is_paid(host: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500)

    url = f"http://{host}/cat.png"
    async with A2E("sk_x", transport=httpx.MockTransport(answer)) as client:
        jobs: list[Any] = [
            client.image_to_video(image_url=url, prompt="it waves"),
            client.workflow("userNewThing", {"inputs": {"image_urls": ["https://cdn.example/a.png", url]}}),
        ]
        for job, field in zip(jobs, ("image_url", "inputs.image_urls[1]"), strict=True):
            with pytest.raises(InvalidArgument, match=r"cannot fetch it.*pathlib\.Path") as caught:
                await job.start()
            assert caught.value.field == field

        for bad in ("file:///tmp/cat.png", "s3://bucket/cat.png", "ftp://host/cat.png"):
            with pytest.raises(InvalidArgument, match=r"image_url: .*cannot fetch.*pathlib\.Path"):
                client.image_to_video(image_url=bad, prompt="it waves")
    assert asked == []


@pytest.mark.anyio
async def test_every_request_has_one_sender_and_one_encoding(tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def serve(stream: SocketStream) -> None:
        async with stream:
            heads.append(await stream.receive())
            body = b'{"code": 0, "data": {}}' if b" /api/" in heads[-1] else PNG
            await stream.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    url = f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
    async with anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        for agent in (None, "my-app/1.0 (ann)"):
            async with A2E("sk_x", base_url=url, user_agent=agent) as client:
                await client.request("GET", "/api/v1/user/info")
                await client.download(f"{url}/a.png", tmp_path)
        group.cancel_scope.cancel()
    await listener.aclose()

    agents = [f"a2e-async/{version('a2e-async')}"] * 2 + ["my-app/1.0 (ann)"] * 2
    for head, expected in zip(heads, agents, strict=True):
        lines = head.decode().lower().split("\r\n")
        assert [line for line in lines if line.startswith("user-agent:")] == [f"user-agent: {expected}"]
        assert sum(line.startswith("accept-encoding:") for line in lines) == 1
    assert b"sk_x" not in heads[1] + heads[3]


@pytest.mark.parametrize("agent", ["", "a\r\nb: c", " a", "ü", 5])
def test_a_sender_that_no_header_can_hold_is_refused(agent: Any) -> None:
    with pytest.raises(ConfigurationError, match="user_agent"):
        A2E("sk_x", user_agent=agent)


@pytest.mark.anyio
async def test_the_storage_is_never_a_private_host_of_a_public_api() -> None:
    urls = {"uploadUrl": "https://10.0.0.7/a.png", "cdnUrl": "https://cdn.example/a.png", "key": "a.png"}
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, json={"code": 0, "data": urls})

    async with A2E("sk_x", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(UploadError, match="private network"):
            await client.upload(PNG)
    assert asked == ["video.a2e.ai"]


@pytest.mark.anyio
async def test_many_downloads_at_once_under_faults(sandbox: Sandbox, a2e: A2E, tmp_path: Path) -> None:
    sandbox.set_faults(Faults(operations="download", cut=0.2, status_503=0.1, reset_before=0.1))
    saved: list[SavedFile] = []
    d = Downloader(a2e.runtime.http, clock=sandbox.clock, retry=RetryPolicy(attempts=30, base=0.0))

    async def one(size: int) -> None:
        saved.append(await d.download(sandbox.file_url(size), folder=tmp_path, name="same name"))

    async with anyio.create_task_group() as group:
        for size in range(200_000, 200_030):
            group.start_soon(one, size)
    assert sorted(file.size for file in saved) == list(range(200_000, 200_030))
    assert all(file.path.stat().st_size == file.size for file in saved)
    assert len(names(tmp_path)) == 30


@pytest.mark.anyio
async def test_from_a_local_file_to_a_local_result(sandbox: Sandbox, a2e: A2E, tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    result = await a2e.image_to_video(image_url=picture, prompt="it waves").run()
    for _ in range(2):
        (path,) = await result.download(tmp_path / "out")
        assert path.suffix == ".mp4"
        assert path.read_bytes()[4:8] == b"ftyp"
    assert len(names(tmp_path / "out")) == 1
    assert dict(sandbox.ledger.uploads) == {sha256(PNG): 1}
