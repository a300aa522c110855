"""The ASGI application: counts, delays, breaks and answers requests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from . import a2e, blobs, calls
from .peers import PEERS, Peer
from .tasks import Run, Setup, Task, job_of

HOLD = 60.0
"""Seconds that a start with ``Prefer: wait`` is held at most."""

HEADERS = [(b"content-type", b"application/json")]
HTML = [(b"content-type", b"text/html; charset=utf-8")]
NGINX = b"<html><head><title>504 Gateway Time-out</title></head><body><center>nginx</center></body></html>"


Scope = Mapping[str, Any]


class Reply(NamedTuple):
    """What goes back. status 0 cuts the connection instead."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = HEADERS


STARTS: Mapping[str, Peer] = {peer.start: peer for peer in PEERS}
REFUSALS: Mapping[str, Reply] = {
    "drop": Reply(0, b""),
    "e504": Reply(504, NGINX, HTML),
    "e500": Reply(500, b'{"error":{"code":"internal","message":"internal error"},"detail":"internal error"}'),
    "e429": Reply(
        429, b'{"error":{"code":"queue_full","message":"slow down"}}', [*HEADERS, (b"retry-after", b"1")]
    ),
}


class Bench:
    """One server, one run at a time; ``POST /_bench/begin`` starts the next."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.run = Run(Setup())

    async def __call__(self, scope: dict[str, Any], receive: blobs.Receive, send: blobs.Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        headers = dict(scope["headers"])
        if path.startswith("/_bench/"):
            await _send(send, self._control(path, await _body(receive)))
            return
        run = self.run
        run.connections.add(scope["client"])
        if path.startswith("/files/") or path == "/v1/videos/result/content":
            run.requests["file"] += 1
            await blobs.download(run.setup.result_size, scope["method"], headers, send)
            return
        if path.startswith(blobs.SINKS):
            run.requests["file"] += 1
            await _send(send, Reply(*await blobs.upload(run, path, headers, self.base, receive)))
            return
        body = await _body(receive)
        if run.setup.rtt:
            await asyncio.sleep(run.setup.rtt / 2)
        if run.refuses():
            reply = REFUSALS["e429"]
        else:
            reply = await self._answer(run, scope, headers, body)
        if run.setup.rtt:
            await asyncio.sleep(run.setup.rtt / 2)
        if not reply.status:
            scope["bench.transport"].abort()
            return
        await _send(send, reply)

    def _control(self, path: str, body: bytes) -> Reply:
        if path == "/_bench/begin":
            self.run = Run(Setup(**json.loads(body)))
            return Reply(200, b"{}")
        if path == "/_bench/ledger":
            return Reply(200, json.dumps(self.run.ledger()).encode())
        return Reply(200, b'{"ok":true}')

    async def _answer(self, run: Run, scope: Scope, headers: blobs.Headers, body: bytes) -> Reply:
        path, method = scope["path"], scope["method"]
        peer = STARTS.get(path)
        if method == "POST" and (peer or path == a2e.PREFIX + "start"):
            run.requests["start"] += 1
            fault = run.fault(job_of(body))
            if fault == "e429":
                return REFUSALS[fault]
            if peer is None:
                task = a2e.start(run, body)
                calls.plan(run, task, body, self.base)
                reply = Reply(200, a2e.started(run, task, self.base))
            else:
                task = run.start(body)
                if peer.holds and headers.get(b"prefer", b"").startswith(b"wait"):
                    await asyncio.sleep(min(HOLD, task.done - time.monotonic()))
                reply = Reply(peer.status, self._show(peer, task, "start"))
            return REFUSALS.get(fault, reply)
        if path.startswith("/api/v1/"):
            return self._a2e(run, scope, body)
        if path == "/v1/uploads":
            run.requests["file"] += 1
            return Reply(200, blobs.runway_upload(self.base))
        run.requests["read"] += 1
        for peer in PEERS:
            if path.startswith(peer.reads):
                key, _, rest = path[len(peer.reads) :].partition("/")
                if peer.named:
                    key = json.loads(body)[peer.named].rpartition("/")[2]
                if key in run.tasks:
                    return Reply(200, self._show(peer, run.tasks[key], rest))
        return Reply(404, b'{"error":{"code":"not_found","message":"not found"}}')

    def _a2e(self, run: Run, scope: Scope, body: bytes) -> Reply:
        path = scope["path"]
        if path in a2e.PRESIGN:
            run.requests["presign"] += 1
            return Reply(200, a2e.presigned(body, self.base))
        run.requests[path.rpartition("/")[2] if path.endswith(("batchDetail", "allRecords")) else "read"] += 1
        query = dict(parse_qsl(scope["query_string"].decode()))
        found = a2e.read(run, scope["method"], path, query, body, self.base)
        return Reply(404, a2e.NOT_FOUND, HTML) if found is None else Reply(200, found)

    def _show(self, peer: Peer, task: Task, rest: str) -> bytes:
        return json.dumps(peer.show(task, task.done <= time.monotonic(), rest, self.base)).encode()


async def _body(receive: blobs.Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts = [body]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _send(send: blobs.Send, reply: Reply) -> None:
    length = (b"content-length", b"%d" % len(reply.body))
    await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, length]})
    await send({"type": "http.response.body", "body": reply.body})
