"""Handlers of uploads by presigned URL, and of all downloads."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from urllib.parse import parse_qs, quote, unquote

import attrs

from a2e_async.sandbox import media
from a2e_async.sandbox.connection import Connection, Reset
from a2e_async.sandbox.fault_plan import Verdict
from a2e_async.sandbox.files import Presigned, TooLarge, Writer
from a2e_async.sandbox.replies import Call, Reply, error, ok, xml
from a2e_async.sandbox.results import result_scene, speech_scene
from a2e_async.sandbox.scenes import Scene
from a2e_async.sandbox.tasks import Task
from a2e_async.sandbox.world import World

__all__ = ["FILE_ROUTES", "download", "presign", "transfer", "upload"]

FILE_ROUTES = ("/upload/", "/cdn/", "/results/", "/tts/", "/pictures/", "/files/bytes/")
CHUNK = 64 * 1024
NUMBER = re.compile(r"[0-9]{1,18}")  # what fits a file; longer ones Python may refuse to read
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
BUCKET = "3days-apac"


@attrs.frozen
class File:
    """A file that can be served. `read` returns the bytes from a start up to an end."""

    size: int
    content_type: str
    etag: str
    read: Callable[[int, int], bytes]


def presign(world: World, call: Call) -> Reply:
    """Return a presigned URL. It costs coins, as it does for every API token."""
    body = call.body
    if world.config.presign_price > world.account.balance:
        return error(call, 200, "Insufficient coins, please top up.", code=1)

    length = body.get("contentLength", body.get("fileSize"))
    prefix = body.get("urlPrefix") or "adam2eve"
    key = f"{prefix}/stable/user/{world.account.user_id}/{str(body['key']).lstrip('/')}"
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
        "uploadUrl": f"{world.files.url}/upload/{quote(presigned.bucket)}/{quote(key)}?{query}",
        "cdnUrl": world.files.cdn_url(key),
        "key": key,
        "bucket": presigned.bucket,
        "expiresIn": seconds,
    }
    return ok(call, data)


def transfer(world: World, call: Call) -> Reply:
    """Copy a file into the storage: tos/transferToStorage. Here the copy is the original."""
    url = call.body.get("url") if isinstance(call.body, dict) else None
    return ok(call, {"url": url}) if isinstance(url, str) and url else error(call, 400, "url is required")


def _find_presigned(
    world: World, path: str, query: str, headers: Mapping[str, str], now: float
) -> Presigned | Reply:
    """The presigned URL that a PUT uses, or the reply that refuses the PUT."""
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


async def upload(world: World, connection: Connection, verdict: Verdict) -> Reply:
    """Store the body of a PUT to a presigned URL. An incomplete body leaves nothing."""
    headers = connection.text_headers()
    query = connection.query.decode("latin-1")
    presigned = _find_presigned(world, connection.path, query, headers, world.now())
    if isinstance(presigned, Reply):
        return presigned

    length = int(headers["content-length"])
    cut_after = (verdict.cut_after or length // 2) if verdict.kind == "cut" else None
    writer = Writer(world.files)
    try:
        more = True
        while more:
            part, more = await connection.read_part()
            writer.write(part)
            world.ledger.bytes_uploaded += len(part)
            if cut_after is not None and writer.size >= cut_after:
                raise Reset
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


def _find_file(world: World, path: str) -> File | Reply:
    """The file behind a path, or the object store's error."""
    parts = unquote(path).split("/")
    if path.startswith("/files/bytes/"):
        if not NUMBER.fullmatch(parts[3]):
            return _missing()
        return File(int(parts[3]), "application/octet-stream", f"bytes-{parts[3]}", media.pattern_slice)
    if path.startswith("/cdn/"):
        return _find_upload(world, unquote(path)[len("/cdn/") :])
    if path.startswith("/tts/"):
        preview = parts[2].partition(".")[0]
        return _made_file(world, "mp3", f"tts {preview}", ".mp3", lambda: speech_scene(world, preview))
    if path.startswith("/pictures/"):
        seed = f"picture {parts[2]}"
        return _made_file(world, "png", seed, ".png", lambda: Scene(seed, "PICTURE"))

    task = world.tasks.get(parts[2]) if len(parts) == 4 else None
    return _missing() if task is None else _find_result(world, task, parts[3].partition(".")[0])


def _find_upload(world: World, key: str) -> File | Reply:
    now, lifetime = world.now(), world.config.result_ttl
    stored = world.files.objects.get(key)
    if stored is None or (lifetime is not None and now >= stored.stored_at + lifetime):
        return _missing()
    return File(stored.size, stored.content_type, stored.etag, stored.read)


def _find_result(world: World, task: Task, index: str) -> File | Reply:
    now, lifetime = world.now(), world.config.result_ttl
    if not NUMBER.fullmatch(index) or int(index) >= len(task.files):
        return _missing()
    if not (task.ended(now) and task.succeeded):
        return _missing()
    if lifetime is not None and now >= task.done_at + lifetime:
        return xml(403, "AccessDenied", "Request has expired.")

    file = task.files[int(index)]
    seed = f"{task.id} {int(index)}"
    return _made_file(
        world, file.kind, seed, file.extension, lambda: result_scene(world, task, str(int(index)))
    )


def _missing() -> Reply:
    return xml(404, "NoSuchKey", "The specified key does not exist.")


def _made_file(world: World, kind: str, seed: str, extension: str, scene: Callable[[], Scene]) -> File:
    """A made file, with the content type that its extension promises."""
    made = world.made.get(kind, seed, scene)
    content_type = media.CONTENT_TYPES.get(extension.lstrip("."), "application/octet-stream")
    return File(len(made.data), content_type, made.etag, lambda start, end: made.data[start:end])


def download(world: World, connection: Connection, verdict: Verdict) -> Reply:
    """Serve a file to GET or HEAD, whole or by Range."""
    file = _find_file(world, connection.path)
    if isinstance(file, Reply):
        return file
    if connection.method not in ("GET", "HEAD"):
        return xml(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    etag = f'"{file.etag}"'
    headers = [(b"etag", etag.encode()), (b"accept-ranges", b"bytes")]
    start, end, status = 0, file.size, 200
    asked = _range(connection.text_headers(), etag, file.size)
    if asked is not None:
        start, end = asked
        if start >= file.size or end <= start:
            headers.append((b"content-range", f"bytes */{file.size}".encode()))
            return attrs.evolve(xml(416, "InvalidRange", "Not satisfiable"), headers=headers)
        headers.append((b"content-range", f"bytes {start}-{end - 1}/{file.size}".encode()))
        status = 206

    length = end - start
    content_type = file.content_type.encode()
    if connection.method == "HEAD":
        return Reply(status, b"", content_type, headers, length=length)

    sent = length
    if verdict.kind == "cut":
        sent = min(length, length // 2 if verdict.cut_after is None else verdict.cut_after)
    chunks = _chunks(world, file, start, start + sent)
    return Reply(status, b"", content_type, headers, chunks=chunks, length=length)


def _range(headers: Mapping[str, str], etag: str, size: int) -> tuple[int, int] | None:
    """The part that a request asks for, as (start, end); None if it asks for the whole file."""
    asked = RANGE.fullmatch(headers.get("range", ""))
    if not asked or asked.group(0) == "bytes=-" or headers.get("if-range", etag) != etag:
        return None

    first, last = asked.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    return start, end


async def _chunks(world: World, file: File, start: int, end: int) -> AsyncIterator[bytes]:
    while start < end:
        part = file.read(start, min(start + CHUNK, end))
        start += len(part)
        world.ledger.bytes_downloaded += len(part)
        yield part
