"""The ASGI application: one request from socket to socket, with faults before and after the work."""

from __future__ import annotations

import itertools
import json
import logging
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import attrs

from a2e_async.sandbox import control
from a2e_async.sandbox.document import SpecOperation
from a2e_async.sandbox.faults import Verdict
from a2e_async.sandbox.handlers import files as api_files
from a2e_async.sandbox.handlers.files import FILE_ROUTES, Reset
from a2e_async.sandbox.handlers.special import EXTRA, SPECIAL
from a2e_async.sandbox.handlers.tasks import ROLES
from a2e_async.sandbox.replies import Call, Reply, encode, error, html
from a2e_async.sandbox.routes import Router
from a2e_async.sandbox.world import World

__all__ = ["App"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LOG = logging.getLogger("a2e_async.sandbox")
MAX_BODY = 16 * 1024 * 1024
MAGIC = re.compile(rb"sandbox:([a-z-]+)")
GATEWAY = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
FAILURES = {
    403: "Forbidden",
    429: "Too many requests, please try again later.",
    500: "Internal Server Error",
}


class App:
    """Serves one `World`; `renew` puts a fresh one in its place."""

    def __init__(self, renew: Callable[[], World], prefix: str = "") -> None:
        self.renew = renew
        self.world = renew()
        self._prefix = prefix.rstrip("/")
        self._router = Router([*self.world.document.operations, *EXTRA])
        self._serial = itertools.count(1)

    def reset(self) -> None:
        """Forget everything that happened."""
        self.world.files.close()
        self.world = self.renew()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """ASGI, HTTP only."""
        clock = self.world.clock
        clock.enter()
        try:
            await self._serve(scope, receive, send)
        except Reset:
            self.world.ledger.statuses[0] += 1
            await _abort(receive)
        except Exception:
            LOG.exception("the sandbox itself failed: %s %s", scope["method"], scope["path"])
            raise
        finally:
            clock.leave()

    async def _serve(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        world, method = self.world, scope["method"]
        path = scope["raw_path"].decode("ascii")
        if path.startswith("/sandbox/"):
            reply = await control.serve(self, method, path, await _body(receive))
            await _send(send, reply)
            return
        if path.startswith(FILE_ROUTES):
            await self._serve_file(world, scope, method, path, receive, send)
            return
        if self._prefix and path.startswith(self._prefix + "/"):
            path = path[len(self._prefix) :]
        elif self._prefix:
            path = "/"
        found = self._router.find(method, path)
        body = await _body(receive)
        if found is None:
            world.ledger.requests["unknown"] += 1
            await self._answer(send, html(404, "Error", f"Cannot {method} {path}"))
            return
        operation, values = found
        world.ledger.requests[operation.key] += 1
        verdict = await self._verdict(world, operation.role, operation.name, operation.key)
        if verdict.before:
            await self._answer(send, self._fault(verdict))
            return
        headers = scope["headers"]

        def work(now: float) -> Reply:
            return self._work(world, operation, values, scope["query_string"], headers, body, now)

        if verdict.kind == "late_504":
            due = world.now() + verdict.delay
            world.later(due, lambda: work(due))
            await self._answer(send, _failure(504))
            return
        reply = work(world.now())
        await self._finish(send, receive, reply, verdict)

    async def _serve_file(
        self,
        world: World,
        scope: Mapping[str, Any],
        method: str,
        path: str,
        receive: Receive,
        send: Send,
    ) -> None:
        role = "upload" if path.startswith("/upload/") else "download"
        world.ledger.requests[role] += 1
        verdict = await self._verdict(world, role, role, role)
        if verdict.before:
            await self._answer(send, self._fault(verdict))
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if role == "upload" and method == "PUT":
            query = scope["query_string"].decode("latin-1")
            reply = await api_files.upload(world, path, query, headers, receive, verdict)
        else:
            reply = api_files.download(world, method, path, headers, verdict)
        await self._finish(send, receive, reply, verdict)

    async def _verdict(self, world: World, role: str, name: str, key: str) -> Verdict:
        verdict = world.plan.draw(role, name, key, world.clock.now())
        if verdict.kind != "ok":
            world.ledger.faults[verdict.kind] += 1
        if verdict.latency:
            world.clock.leave()
            try:
                await world.clock.sleep(verdict.latency)
            finally:
                world.clock.enter()
        return verdict

    def _work(
        self,
        world: World,
        operation: SpecOperation,
        values: dict[str, str],
        query_string: bytes,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        now: float,
    ) -> Reply:
        """Do what a request asks for, as of a time of the clock."""
        call = Call(
            operation=operation,
            family=world.family(operation),
            path=values,
            query={},
            body=None,
            now=now,
            stamp=world.stamp(now),
            serial=next(self._serial),
            words=_words(body) if b"sandbox:" in body else frozenset(),
        )
        if operation.needs_token and not world.knows_token(_token(headers)):
            return error(call, 401, "Invalid or missing token")
        query, problem = _query(operation, query_string)
        if problem:
            return error(call, 400, problem)
        parsed: Any = None
        if operation.method in ("POST", "PUT", "PATCH"):
            parsed = _json(headers, body)
            if not isinstance(parsed, dict):
                return error(call, 400, "The body must be a JSON object")
            problems = operation.problems(parsed)
            if problems:
                where, text = problems[0]
                errors = [{"path": path, "message": message} for path, message in problems]
                return error(call, 400, f"{where}: {text}" if where else text, errors=errors)
        call = attrs.evolve(call, query=query, body=parsed)
        handler = SPECIAL.get(operation.route) or ROLES[operation.role]
        return handler(world, call)

    def _fault(self, verdict: Verdict) -> Reply:
        """The answer of a fault that comes before the work."""
        kind = verdict.kind
        if kind == "reset_before":
            raise Reset
        if kind == "redirect":
            where = f"{self.world.files_url}/elsewhere"
            return attrs.evolve(html(302, "Found"), headers=[(b"location", where.encode())])
        if kind == "html":
            return html(200, "Welcome", "We will be right back.")
        if kind == "null_data":
            return Reply(200, b'{"code":0,"data":null}')
        reply = _failure(int(kind.removeprefix("status_")))
        if reply.status == 429 and verdict.retry_after is not None:
            return attrs.evolve(reply, headers=[(b"retry-after", f"{verdict.retry_after:g}".encode())])
        return reply

    async def _finish(self, send: Send, receive: Receive, reply: Reply, verdict: Verdict) -> None:
        """Answer, unless a fault that comes after the work says otherwise."""
        kind = verdict.kind
        if kind == "reset_after":
            raise Reset
        if kind.endswith("_after"):
            reply = _failure(int(kind.removeprefix("status_").removesuffix("_after")))
        elif kind == "truncated_json" and reply.body:
            reply = attrs.evolve(reply, body=reply.body[: len(reply.body) // 2])
        elif kind == "truncated" and reply.body:
            self.world.ledger.statuses[reply.status] += 1
            await _start(send, reply, len(reply.body))
            half = reply.body[: len(reply.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _close(receive)
            return
        if reply.chunks is not None:
            await self._stream(send, receive, reply, reply.chunks)
            return
        await self._answer(send, reply)

    async def _answer(self, send: Send, reply: Reply) -> None:
        self.world.ledger.statuses[reply.status] += 1
        await _send(send, reply)

    async def _stream(self, send: Send, receive: Receive, reply: Reply, chunks: AsyncIterator[bytes]) -> None:
        self.world.ledger.statuses[reply.status] += 1
        await _start(send, reply, reply.length)
        sent = 0
        async for chunk in chunks:
            sent += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if reply.length is not None and sent < reply.length:
            await _close(receive)  # cut
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _failure(status: int) -> Reply:
    """A proxy's HTML for 502 to 504, the service's JSON otherwise."""
    if status in GATEWAY:
        return html(status, f"{status} {GATEWAY[status]}")
    return Reply(status, encode({"code": status, "message": FAILURES[status]}).encode())


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message["more_body"]:
        body: bytes = message["body"]
        return body
    parts = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise Reset
        parts.append(message["body"])
        size += len(message["body"])
        if size > MAX_BODY:
            raise Reset
        if not message["more_body"]:
            return b"".join(parts)
        message = await receive()


def _words(body: bytes) -> frozenset[str]:
    return frozenset(word.decode() for word in MAGIC.findall(body))


def _token(headers: list[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == b"authorization":
            scheme, _, secret = value.decode("latin-1").partition(" ")
            return secret.strip() if scheme.lower() == "bearer" else ""
    return ""


def _json(headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
    """The parsed body; {} where none was sent as JSON, None where it is broken."""
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    if not body or not kind.startswith(b"application/json"):
        return {}
    try:
        return json.loads(body)
    except ValueError:
        return None


def _query(operation: SpecOperation, raw: bytes) -> tuple[dict[str, Any], str | None]:
    given: dict[str, Any] = dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)) if raw else {}
    for parameter in operation.parameters:
        if parameter.name not in given:
            if parameter.required:
                return given, f"{parameter.name} is required"
            continue
        given[parameter.name], problem = parameter.parse(given[parameter.name])
        if problem:
            return given, problem
    return given, None


async def _start(send: Send, reply: Reply, length: int | None) -> None:
    headers = [(b"content-type", reply.content_type), *reply.headers]
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


async def _send(send: Send, reply: Reply) -> None:
    await _start(send, reply, len(reply.body) if reply.length is None else reply.length)
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


def _transport(receive: Receive) -> Any:
    # ASGI has no word for resetting a connection; uvicorn's cycle, whose method `receive` is, holds it.
    method: Any = receive
    return method.__self__.transport


async def _abort(receive: Receive) -> None:
    """Reset the connection: linger 0 makes close send RST."""
    transport = _transport(receive)
    bound = transport.get_extra_info("socket")
    if bound is not None and not transport.is_closing():
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _gone(receive)


async def _close(receive: Receive) -> None:
    """Close the connection after what was written."""
    _transport(receive).close()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
