"""The client against Stoplight Prism, an independent mock of the API that is made from the document."""

from __future__ import annotations

import inspect
import json
import re
import socket
import subprocess
import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx

from a2e_async import A2E, Job, Pages, StartPolicy, UnexpectedReply
from a2e_async._spec.operation import Operation
from a2e_async.api import RESOURCES
from tests.conformance.samples import ANCHOR, sample_arguments
from tests.conformance.workflows import BESIDES, operations_of

__all__ = ["Call", "judge_client", "serving"]

DOCUMENT = Path(__file__).parents[2] / "openapi" / "a2e.json"
START_SECONDS = 60.0
CALL_SECONDS = 20
MOCK_ID = "string"  # the id in Prism's replies: an answer about another id than was sent is refused


@attrs.define
class Call:
    """One operation that was called, and what is wrong with it.

    Attributes:
        name: ``image_to_video.start``.
        key: method and path.
        problems: errors of the client, and requests that the document does not declare.
    """

    name: str
    key: str
    problems: list[str] = attrs.field(factory=list)


@contextmanager
def serving(program: Path) -> Iterator[str]:
    """Run Prism, whose executable is given, until the block ends. Yields its address."""
    port = _free_port()
    command = [str(program), "mock", "--host", "127.0.0.1", "--port", str(port), str(DOCUMENT)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(int(START_SECONDS * 10)):
        if process.poll() is not None:
            raise RuntimeError(f"Prism ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("Prism does not answer")


class _Watched(httpx.AsyncHTTPTransport):
    """A transport that compares each request with the declaration of the operation that is being called."""

    def __init__(self, specs: Mapping[str, Any]) -> None:
        super().__init__()
        self._specs = specs
        self.call: Call | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.call is not None:
            self.call.problems.extend(self._undeclared(request, self.call.key))
        return await super().handle_async_request(request)

    def _undeclared(self, request: httpx.Request, key: str) -> Iterator[str]:
        method, _, template = key.partition(" ")
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if request.method != method or not re.fullmatch(pattern, request.url.path):
            return  # an upload, or a look into a list

        spec = self._specs[key]
        if request.content and "requestBody" not in spec:
            yield f"sends a body that is not declared: {request.content[:60].decode()}"

        declared = {one["name"] for one in spec.get("parameters", ()) if one["in"] == "query"}
        for name in set(request.url.params) - declared:
            yield f"sends ?{name}=, which is not declared"


async def judge_client(url: str) -> list[Call]:
    """Call every operation of every resource once, against Prism at an address."""
    paths = json.loads(DOCUMENT.read_text("utf-8"))["paths"]
    specs = {f"{verb.upper()} {path}": item[verb] for path, item in paths.items() for verb in item}
    watched = _Watched(specs)
    calls = []

    start = StartPolicy(attempts=1, window=5.0)
    async with A2E("sk_judge", base_url=url, transport=watched, start=start, timeout=CALL_SECONDS) as a2e:
        for resource in RESOURCES:
            for constant, operation in operations_of(resource).items():
                call = Call(f"{resource}.{constant.lower()}", f"{operation.method} {operation.path}")
                watched.call = call
                try:
                    await _call(getattr(a2e, resource), constant, operation)
                except UnexpectedReply as error:
                    # Prism answers with nothing where no reply is declared. For a read that is an error.
                    if operation.method != "GET" or "an empty reply" not in str(error):
                        call.problems.append(f"{type(error).__name__}: {error}"[:300])
                except Exception as error:
                    call.problems.append(f"{type(error).__name__}: {error}"[:300])
                calls.append(call)
    return calls


async def _call(resource: Any, constant: str, operation: Operation[Any]) -> None:
    """Call one operation by its public method, and read the reply whatever it is."""
    method = resource if constant == "START" else getattr(resource, constant.lower())
    ids = {field.name: ANCHOR for field in operation.path_fields}
    ids |= {field.name: MOCK_ID for field in operation.body if field.wire_name == "_id"}
    arguments = sample_arguments(operation, **{**ids, **BESIDES.get(operation.path, {})})
    if "timeout" in inspect.signature(method).parameters:
        arguments["timeout"] = CALL_SECONDS

    reply = method(**arguments)
    if isinstance(reply, Job):
        await reply.start()
    elif isinstance(reply, Pages):
        await reply.first(1)
    else:
        assert isinstance(reply, Awaitable)
        await reply
