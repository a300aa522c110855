"""Uploads by presigned URL, and everything that is downloaded."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote

import attrs

from a2e_async.sandbox import media
from a2e_async.sandbox.faults import Verdict
from a2e_async.sandbox.files import Presigned, TooLarge, Writer
from a2e_async.sandbox.replies import Call, Reply, error, ok, xml
from a2e_async.sandbox.world import World

__all__ = ["FILE_ROUTES", "Reset", "download", "presign", "transfer", "upload"]

FILE_ROUTES = ("/upload/", "/cdn/", "/results/", "/tts/", "/pictures/", "/files/bytes/")
CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
BUCKET = "3days-apac"


class Reset(Exception):
    """The connection is to be reset instead of answered."""


@attrs.frozen
class File:
    """Something that can be served."""

    size: int
    content_type: str
    etag: str
    read: Callable[[int, int], bytes]


def presign(world: World, call: Call) -> Reply:
    """A presigned URL, charged as for every API token."""
    body = call.body
    if world.config.presign_price > world.balance:
        return error(call, 200, "Insufficient coins, please top up.", code=1)
    length = body.get("contentLength", body.get("fileSize"))
    prefix = body.get("urlPrefix") or "adam2eve"
    key = f"{prefix}/stable/user/{world.user_id}/{str(body['key']).lstrip('/')}"
    seconds = int(body.get("expiresIn") or 3600)
    presigned = Presigned(
        key=key,
        bucket=body.get("bucket") or BUCKET,
        signature=f"{world.random.getrandbits(256):064x}",
        expires_at=call.now + seconds,
        content_type=body.get("contentType"),
        length=None if length is None else int(length),
    )
    world.files.presigned[presigned.signature] = presigned
    world.ledger.presigns[str(body["key"])] += 1
    world.pay("storage", world.config.presign_price, f"upload {key}", call.now)
    signed = ";".join(
        ["content-length"] * (length is not None) + ["content-type"] * bool(presigned.content_type) + ["host"]
    )
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires={seconds}&X-Amz-SignedHeaders={quote(signed)}"
        f"&X-Amz-Signature={presigned.signature}"
    )
    data = {
        "uploadUrl": f"{world.files_url}/upload/{quote(presigned.bucket)}/{quote(key)}?{query}",
        "cdnUrl": world.files.cdn_url(world.files_url, key),
        "key": key,
        "bucket": presigned.bucket,
        "expiresIn": seconds,
    }
    return ok(call, data)


def transfer(world: World, call: Call) -> Reply:
    """tos/transferToStorage: a copy of a file. The copy here is the original."""
    url = call.body.get("url") if isinstance(call.body, dict) else None
    return ok(call, {"url": url}) if isinstance(url, str) and url else error(call, 400, "url is required")


def _refusal(
    world: World, path: str, query: str, headers: Mapping[str, str], now: float
) -> Presigned | Reply:
    signature = parse_qs(query).get("X-Amz-Signature", [""])[0]
    presigned = world.files.presigned.get(signature)
    if presigned is None or unquote(path) != f"/upload/{presigned.bucket}/{presigned.key}":
        return xml(403, "SignatureDoesNotMatch", "The request signature does not match.")
    if "authorization" in headers:
        return xml(403, "InvalidRequest", "Only one auth mechanism is allowed.")
    if now >= presigned.expires_at:
        return xml(403, "AccessDenied", "Request has expired.")
    if "content-length" not in headers:
        return xml(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if presigned.content_type is not None and headers.get("content-type") != presigned.content_type:
        return xml(403, "SignatureDoesNotMatch", "Content-Type is not the one that was signed.")
    if presigned.length is not None and int(headers["content-length"]) != presigned.length:
        return xml(403, "SignatureDoesNotMatch", "Content-Length is not the one that was signed.")
    return presigned


async def upload(
    world: World,
    path: str,
    query: str,
    headers: Mapping[str, str],
    receive: Callable[[], Awaitable[Any]],
    verdict: Verdict,
) -> Reply:
    """PUT to a presigned URL: streamed in, and kept only when complete."""
    presigned = _refusal(world, path, query, headers, world.now())
    if isinstance(presigned, Reply):
        return presigned
    length = int(headers["content-length"])
    cut_after = (verdict.cut_after or length // 2) if verdict.kind == "cut" else None
    writer = Writer(world.files)
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Reset
            writer.write(message["body"])
            world.ledger.bytes_uploaded += len(message["body"])
            if cut_after is not None and writer.size >= cut_after:
                raise Reset
            if not message["more_body"]:
                break
    except TooLarge:
        writer.discard()
        return xml(413, "EntityTooLarge", "The store is full.")
    except BaseException:
        writer.discard()
        raise
    content_type = headers.get("content-type") or "application/octet-stream"
    stored = writer.finish(presigned, content_type, world.now())
    world.ledger.uploads[stored.sha256] += 1
    return Reply(200, b"", b"application/xml", [(b"etag", f'"{stored.etag}"'.encode())])


def _find(world: World, path: str) -> File | Reply:
    missing = xml(404, "NoSuchKey", "The specified key does not exist.")
    parts = unquote(path).split("/")
    now = world.now()
    lifetime = world.config.result_ttl
    if path.startswith("/files/bytes/"):
        if not parts[3].isdigit():
            return missing
        return File(int(parts[3]), "application/octet-stream", f"bytes-{parts[3]}", media.pattern_slice)
    if path.startswith("/cdn/"):
        stored = world.files.objects.get(unquote(path)[len("/cdn/") :])
        if stored is None:
            return missing
        if lifetime is not None and now >= stored.stored_at + lifetime:
            return missing
        return File(stored.size, stored.content_type, stored.etag, stored.read)
    if path.startswith("/tts/"):
        return _media_file("mp3", f"tts {parts[2]}", ".mp3")
    if path.startswith("/pictures/"):
        return _media_file("png", f"picture {parts[2]}", ".png")
    task = world.tasks.get(parts[2]) if len(parts) == 4 else None
    index = parts[3].partition(".")[0] if len(parts) == 4 else ""
    if task is None or not index.isdigit() or int(index) >= len(task.files):
        return missing
    if not (task.ended(now) and task.succeeded):
        return missing
    if lifetime is not None and now >= task.done_at + lifetime:
        return xml(403, "AccessDenied", "Request has expired.")
    file = task.files[int(index)]
    return _media_file(file.kind, f"{task.id} {index}", file.extension)


def _media_file(kind: str, seed: str, extension: str) -> File:
    data = media.make(kind, seed)
    shown = media.CONTENT_TYPES.get(extension.lstrip("."), "application/octet-stream")
    return File(len(data), shown, f"{zlib.crc32(data):08x}", lambda start, end: data[start:end])


def download(world: World, method: str, path: str, headers: Mapping[str, str], verdict: Verdict) -> Reply:
    """GET or HEAD of a file, whole or by Range."""
    file = _find(world, path)
    if isinstance(file, Reply):
        return file
    if method not in ("GET", "HEAD"):
        return xml(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    etag = f'"{file.etag}"'
    common = [(b"etag", etag.encode()), (b"accept-ranges", b"bytes")]
    content_type = file.content_type.encode()
    start, end, status = 0, file.size, 200
    asked = RANGE.fullmatch(headers.get("range", ""))
    if asked and asked.group(0) != "bytes=-" and headers.get("if-range", etag) == etag:
        first, last = asked.groups()
        start = int(first) if first else max(file.size - int(last), 0)
        end = min(int(last) + 1, file.size) if first and last else file.size
        if start >= file.size or end <= start:
            unsatisfied = (b"content-range", f"bytes */{file.size}".encode())
            return attrs.evolve(xml(416, "InvalidRange", "Not satisfiable"), headers=[*common, unsatisfied])
        status = 206
        common.append((b"content-range", f"bytes {start}-{end - 1}/{file.size}".encode()))
    length = end - start
    if method == "HEAD":
        return Reply(status, b"", content_type, common, length=length)
    sent = length
    if verdict.kind == "cut":
        sent = min(length, length // 2 if verdict.cut_after is None else verdict.cut_after)
    return Reply(
        status, b"", content_type, common, chunks=_chunks(world, file, start, start + sent), length=length
    )


async def _chunks(world: World, file: File, start: int, end: int) -> AsyncIterator[bytes]:
    while start < end:
        part = file.read(start, min(start + CHUNK, end))
        start += len(part)
        world.ledger.bytes_downloaded += len(part)
        yield part
