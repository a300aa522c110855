"""Files: sources of any length for downloads, sinks for every client's uploads."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from .tasks import Run

Receive = Callable[[], Awaitable[dict[str, Any]]]
Answer = tuple[int, bytes, list[tuple[bytes, bytes]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

CHUNK = bytes(256 * 1024)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
"""The first bytes of every file, so that content sniffing has something to find."""

SINKS = ("/put/", "/v1/files", "/upload/", "/ephemeral/", "/api/v2/assets")


async def download(size: int, method: str, headers: Headers, send: Send) -> None:
    """`size` bytes, whole or as a range."""
    first, last, status = 0, size - 1, 200
    wanted = headers.get(b"range", b"").decode()
    if wanted.startswith("bytes=") and "," not in wanted:
        low, _, high = wanted[6:].partition("-")
        first, last, status = int(low or 0), min(int(high or last), last), 206
    head = [
        (b"content-type", b"video/mp4"),
        (b"accept-ranges", b"bytes"),
        (b"etag", b'"%d"' % size),
        (b"content-length", b"%d" % (last - first + 1)),
    ]
    if status == 206:
        head.append((b"content-range", b"bytes %d-%d/%d" % (first, last, size)))
    await send({"type": "http.response.start", "status": status, "headers": head})
    left = last - first + 1
    if first == 0 and left >= len(MP4) and method == "GET":
        await send({"type": "http.response.body", "body": MP4, "more_body": True})
        left -= len(MP4)
    while left > 0 and method == "GET":
        chunk = CHUNK if left >= len(CHUNK) else CHUNK[:left]
        left -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def upload(run: Run, path: str, headers: Headers, base: str, receive: Receive) -> Answer:
    """Swallow a body, count it, and answer in the shape that the path's owner expects."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return 499, b"", []
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    run.received += size
    if path.startswith("/v1/files"):
        return 200, _file(size, base), []
    if path.startswith("/upload/"):
        return _google(path, size, headers, base)
    if path.startswith("/api/v2/assets"):
        return _asset(size, base)
    return 200, b"", []


def runway_upload(base: str) -> bytes:
    """``POST /v1/uploads``: where runwayml's client may send its file."""
    reply = {"uploadUrl": f"{base}/ephemeral/1", "fields": {"key": "1"}, "runwayUri": "runway://1"}
    return json.dumps(reply).encode()


def _file(size: int, base: str) -> bytes:
    """A file object that both openai and replicate accept."""
    common = {"id": "file-1", "object": "file", "bytes": size, "created_at": 1700000000, "filename": "a.bin"}
    more = {
        "purpose": "user_data",
        "status": "processed",
        "name": "a.bin",
        "content_type": "video/mp4",
        "size": size,
    }
    rest = {"etag": "1", "checksums": {"sha256": "0"}, "metadata": {}, "expires_at": None}
    return json.dumps(common | more | rest | {"urls": {"get": f"{base}/v1/files/1"}}).encode()


def _asset(size: int, base: str) -> Answer:
    """comfy-sdk asks by hash first, with a HEAD: its content is not known here."""
    if not size:
        return 404, b"", []
    asset = {"id": "9f8a1c0d", "hash": None, "size_bytes": size, "content_type": "video/mp4"}
    stamps = {"created_at": "2026-01-01T00:00:00Z", "url_expires_at": "2099-01-01T00:00:00Z"}
    return 201, json.dumps(asset | stamps | {"url": f"{base}/files/result/a.mp4"}).encode(), []


def _google(path: str, size: int, headers: Headers, base: str) -> Answer:
    """Resumable upload: the first request names the session, the others carry the content."""
    if not path.endswith("/session"):
        url = f"{base}/upload/session".encode()
        return 200, b"{}", [(b"x-goog-upload-url", url), (b"x-goog-upload-status", b"active")]
    if b"finalize" not in headers.get(b"x-goog-upload-command", b""):
        return 200, b"{}", [(b"x-goog-upload-status", b"active")]
    file = {"file": {"name": "files/1", "mimeType": "video/mp4", "sizeBytes": str(size), "state": "ACTIVE"}}
    return 200, json.dumps(file).encode(), [(b"x-goog-upload-status", b"final")]
