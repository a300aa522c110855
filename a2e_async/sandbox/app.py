"""The ASGI application: routes a request, plays faults before and after the work, and answers."""

from __future__ import annotations

import functools
import itertools
import logging
import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

import attrs

from a2e_async.sandbox import control
from a2e_async.sandbox.connection import Connection, Receive, Reset, Send
from a2e_async.sandbox.fault_plan import Verdict
from a2e_async.sandbox.handlers.files import FILE_ROUTES, download, upload
from a2e_async.sandbox.handlers.special import SPECIAL, UNDOCUMENTED
from a2e_async.sandbox.handlers.tasks import ROLES
from a2e_async.sandbox.odd_replies import ODD, error_page, make_odd
from a2e_async.sandbox.operations import SpecOperation
from a2e_async.sandbox.replies import Call, Reply, encode, error, html
from a2e_async.sandbox.request_json import read_json
from a2e_async.sandbox.routes import Router
from a2e_async.sandbox.webhooks import is_on_this_machine
from a2e_async.sandbox.world import World

__all__ = ["App"]

LOG = logging.getLogger("a2e_async.sandbox")
MAGIC = re.compile(rb"sandbox:([a-z-]+)")
PAGES = {405: "Not Allowed", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
FAILURES = {
    403: "Forbidden",
    429: "Too many requests, please try again later.",
    500: "Internal Server Error",
}


@functools.lru_cache(maxsize=8)
def _http_date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode("ascii")


HINT = b"a2e-sandbox-task-seconds"  # clients read it from this machine and private networks only
QUICK = 2.0  # seconds


class App:
    """Serves one `World` at a time.

    Args:
        make_world: makes a fresh world, at the start and for each `reset`.
        prefix: a path below which the API lives.
    """

    def __init__(self, make_world: Callable[[], World], prefix: str = "") -> None:
        self.world = make_world()
        self._make_world = make_world
        self._prefix = prefix.rstrip("/")
        self._router = Router([*self.world.document.operations, *UNDOCUMENTED])
        self._serial = itertools.count(1)
        self._odd = itertools.count()  # chooses between the forms of an odd reply

    def reset(self) -> None:
        """Replace the world by a fresh one."""
        self.world.files.close()
        self.world.hooks.close()
        self.world = self._make_world()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one HTTP request, as ASGI asks for it."""
        clock = self.world.clock
        connection = Connection(scope, receive, send, _http_date(int(self.world.epoch + clock.now())))

        clock.enter()
        try:
            await self._serve(connection)
        except Reset:
            self.world.ledger.statuses[0] += 1
            await connection.reset()
        except Exception:
            LOG.exception("the sandbox itself failed: %s %s", scope["method"], scope["path"])
            raise
        finally:
            clock.leave()

    # Which route

    async def _serve(self, connection: Connection) -> None:
        path = connection.path
        if path.startswith("/sandbox/"):
            reply = await control.serve(self, connection.method, path, await connection.read())
            await connection.send(reply)
        elif path.startswith(FILE_ROUTES):
            await self._serve_file(self.world, connection)
        else:
            await self._serve_operation(self.world, connection)

    async def _serve_operation(self, world: World, connection: Connection) -> None:
        """Do the work of one API operation, or what a fault makes of it."""
        path = self._without_prefix(connection.path)
        found = self._router.find(connection.method, path)
        body = await connection.read()
        if found is None:
            world.ledger.requests["unknown"] += 1
            await self._answer(connection, html(404, "Error", f"Cannot {connection.method} {path}"))
            return

        operation, values = found
        world.ledger.requests[operation.key] += 1
        verdict = await self._verdict(world, operation.role, operation.name, operation.key)
        if verdict.before:
            await self._answer(connection, self._fault(verdict, connection))
            return

        def work(now: float) -> Reply:
            return self._work(world, operation, values, connection, body, now)

        if verdict.kind == "late_504":
            due = world.now() + verdict.delay
            world.later(due, lambda: work(due))
            await self._answer(connection, _failure(504))
            return

        reply = work(world.now())
        while world.called_early:
            await world.hooks.call(world.called_early.pop())
        await self._finish(connection, reply, verdict)

    async def _serve_file(self, world: World, connection: Connection) -> None:
        role = "upload" if connection.path.startswith("/upload/") else "download"
        world.ledger.requests[role] += 1
        verdict = await self._verdict(world, role, role, role)
        if verdict.before:
            await self._answer(connection, self._fault(verdict, connection))
            return

        if role == "upload" and connection.method == "PUT":
            reply = await upload(world, connection, verdict)
        else:
            reply = download(world, connection, verdict)
        await self._finish(connection, reply, verdict)

    def _without_prefix(self, path: str) -> str:
        """The path below the prefix; a path elsewhere becomes one that has no route."""
        if not self._prefix:
            return path
        return path[len(self._prefix) :] if path.startswith(self._prefix + "/") else "/"

    # The work

    async def _verdict(self, world: World, role: str, name: str, key: str) -> Verdict:
        """Draw the fate of a request, and wait if it is to be late."""
        verdict = world.plan.draw(role, name, key, world.clock.now())
        if verdict.kind != "ok":
            world.ledger.faults[verdict.kind] += 1

        if verdict.latency:
            world.clock.leave()  # an automatic clock may jump while this request sleeps
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
        connection: Connection,
        body: bytes,
        now: float,
    ) -> Reply:
        """Do what a request asks for, as of a time of the clock."""
        call = Call(
            operation=operation,
            family=world.catalogue.family(operation),
            path=values,
            query={},
            body=None,
            now=now,
            stamp=world.stamp(now),
            serial=next(self._serial),
            words=_magic_words(body) if b"sandbox:" in body else frozenset(),
        )
        if operation.needs_token and not world.account.knows_token(_token(connection.headers)):
            return error(call, 401, "Invalid or missing token")

        query, problem = _parse_query(operation, connection.query)
        if problem:
            return error(call, 400, problem)

        parsed: Any = None
        if operation.method in ("POST", "PUT", "PATCH") or operation.body_schema is not None:
            parsed = _parse_json(connection.headers, body)
            may_lack = not body and operation.body_schema is not None and operation.body_is_optional
            refusal = None if may_lack else _refuse_body(call, parsed)
            if refusal is not None:
                return refusal

        call = attrs.evolve(
            call, query=query, body={} if isinstance(parsed, list | str | int | float) else parsed
        )
        handler = SPECIAL.get(operation.route) or ROLES[operation.role]
        return _hinted(handler(world, call), world, call)

    # The answer

    def _fault(self, verdict: Verdict, connection: Connection) -> Reply:
        """The answer of a fault that comes before the work."""
        kind = verdict.kind
        if kind == "reset_before":
            raise Reset
        if kind == "redirect":
            target = f"{self.world.files.url}/elsewhere"
            return attrs.evolve(html(302, "Found"), headers=[(b"location", target.encode())])
        if kind == "html":
            return html(200, "Welcome", "We will be right back.")
        if kind == "null_data":
            return Reply(200, b'{"code":0,"data":null}')
        if kind == "error_page":
            return error_page(next(self._odd))
        if kind == "maintenance":
            page = html(503, "Maintenance", "The service is down for maintenance.")
            return attrs.evolve(page, headers=[(b"retry-after", b"3600")])
        if kind == "status_404":
            return html(404, "Error", f"Cannot {connection.method} {connection.path}")

        reply = _failure(int(kind.removeprefix("status_")))
        if reply.status == 429 and verdict.retry_after is not None:
            return attrs.evolve(reply, headers=[(b"retry-after", f"{verdict.retry_after:g}".encode())])
        return reply

    async def _finish(self, connection: Connection, reply: Reply, verdict: Verdict) -> None:
        """Send the reply, or play a fault that comes after the work."""
        kind = verdict.kind
        if kind == "reset_after":
            raise Reset

        if kind == "duplicate":
            self.world.ledger.statuses[reply.status] += 1
            await connection.send_twice(reply)
            return

        if kind in ODD:
            reply = make_odd(kind, reply, next(self._odd))
        elif kind.endswith("_after"):
            reply = _failure(int(kind.removeprefix("status_").removesuffix("_after")))
        elif kind == "truncated_json" and reply.body:
            reply = attrs.evolve(reply, body=reply.body[: len(reply.body) // 2])
        elif kind == "truncated" and reply.body:
            self.world.ledger.statuses[reply.status] += 1
            await connection.send_half(reply)
            return

        await self._answer(connection, reply)

    async def _answer(self, connection: Connection, reply: Reply) -> None:
        self.world.ledger.statuses[reply.status] += 1
        if reply.chunks is None:
            await connection.send(reply)
        else:
            await connection.send_stream(reply, reply.chunks)


def _hinted(reply: Reply, world: World, call: Call) -> Reply:
    """Say how quick the tasks of a family are, if they are quicker than any of the service.

    A client would first look after some seconds, so a test of a task of a moment would take seconds.
    """
    seconds = world.catalogue.quickness(call.family)
    if seconds is None or seconds >= QUICK:
        return reply
    seconds /= getattr(world.clock, "speed", 1.0)
    return attrs.evolve(reply, headers=[*reply.headers, (HINT, f"{seconds:g}".encode())])


def _failure(status: int) -> Reply:
    """A proxy's HTML page for 405 and 502 to 504, the service's JSON otherwise."""
    if status in PAGES:
        return html(status, f"{status} {PAGES[status]}")
    return Reply(status, encode({"code": status, "message": FAILURES[status]}).encode())


def _magic_words(body: bytes) -> frozenset[str]:
    return frozenset(word.decode() for word in MAGIC.findall(body))


def _token(headers: list[tuple[bytes, bytes]]) -> str:
    """The bearer token of a request, or an empty string."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, secret = value.decode("latin-1").partition(" ")
            return secret.strip() if scheme.lower() == "bearer" else ""
    return ""


def _parse_json(headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
    """The parsed body: {} if none was sent as JSON, None if it is broken."""
    kind = next((value for name, value in headers if name == b"content-type"), b"")
    if not body or not kind.startswith(b"application/json"):
        return {}
    try:
        return read_json(body)
    except ValueError:
        return None


def _refuse_body(call: Call, body: Any) -> Reply | None:
    """The 400 for a body that the document forbids, or None."""
    schema = call.operation.body_schema
    is_object = schema is None or schema.get("type", "object") == "object"
    if body is None or (is_object and not isinstance(body, dict)):
        return error(call, 400, "The body must be a JSON object")

    problems = call.operation.problems(_with_local_hook_as_https(body))
    if not problems:
        return None
    path, message = problems[0]
    errors = [{"path": path, "message": message} for path, message in problems]
    return error(call, 400, f"{path}: {message}" if path else message, errors=errors)


def _with_local_hook_as_https(body: dict[str, Any]) -> dict[str, Any]:
    """The body as the document wants it: a receiver on this machine need not speak TLS."""
    url = body.get("webhook_url")
    if isinstance(url, str) and url.startswith("http://") and is_on_this_machine(url):
        return {**body, "webhook_url": f"https://{url.removeprefix('http://')}"}
    return body


def _parse_query(operation: SpecOperation, raw: bytes) -> tuple[dict[str, Any], str | None]:
    """The parsed query, and a sentence about its first invalid parameter, or None."""
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
