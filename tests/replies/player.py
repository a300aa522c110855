"""Plays a case: does what its user does, and compares what came with what the case expects."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx

import a2e_async
from a2e_async import A2E, A2EError
from tests.replies.service import PNG, Service

__all__ = ["Case", "differences", "met", "play"]

TOKEN = "sk_reply-cases.3f9c1d7be2a64085"
PATIENCE = 120.0  # seconds by which a run may end later than its timeout


@attrs.frozen
class Case:
    """Replies of the service, what a user does, and what must come of it.

    Attributes:
        id: the name of the case.
        request: what the user does.
        reply: the replies; see `Service`.
        expected: what must come of it.
        operation: the operation whose reply is odd.
        evidence: where the replies come from: seen, read, guarded, or likely.
    """

    id: str
    request: Mapping[str, Any]
    reply: Mapping[str, Any]
    expected: Mapping[str, Any]
    operation: str = ""
    evidence: str = "likely"


@attrs.define
class Seen:
    """What came of a case."""

    error: Exception | None = None
    text: str = ""
    value: str = ""
    urls: list[str] | None = None
    ids: list[str] | None = None
    delivered: int | None = None
    stopped: bool | None = None
    starts: int = 0
    requests: int = 0
    sent: Mapping[str, Any] = attrs.field(factory=dict)
    logged: str = ""
    seconds: float = 0.0


def met() -> list[Case]:
    """The cases whose replies users of the service have met or rely on."""
    raw = json.loads(Path(__file__).with_name("met.json").read_text("utf-8"))
    return [Case(**case) for case in raw]


# Doing what the user does


async def play(case: Case) -> Seen:
    """Play a case against a client whose connections are made up."""
    service, seen = Service(case.reply), Seen()
    options = {"transport": httpx.MockTransport(service), **case.request.get("client", {})}
    token = options.pop("token", TOKEN)

    heard = _Heard()
    logging.getLogger("a2e_async").addHandler(heard)
    began = anyio.current_time()
    try:
        async with A2E(token, **options) as a2e:
            await _act(a2e, case.request, seen)
    except Exception as error:
        seen.error, seen.text = error, f"{type(error).__name__}: {error}"
    finally:
        logging.getLogger("a2e_async").removeHandler(heard)

    seen.seconds = anyio.current_time() - began
    seen.starts, seen.requests, seen.sent = service.starts, len(service.requests), service.started
    seen.logged = "\n".join(heard.lines)
    return seen


async def _act(a2e: A2E, request: Mapping[str, Any], seen: Seen) -> None:
    target: Any = a2e
    for part in filter(None, request.get("on", "").split(".")):
        target = getattr(target, part)
    positional, args = request.get("positional", ()), request.get("args", {})

    match request["do"]:
        case "run":
            result = await target(*positional, **args).run(timeout=request.get("timeout", 600))
            seen.urls, seen.value = list(result.urls), repr(result)
        case "wait":
            result = await target.task(request["task"]).wait(timeout=request.get("timeout", 600))
            seen.urls, seen.value = list(result.urls), repr(result)
        case "list":
            rows = await target.list().first(request["first"])
            seen.ids, seen.value = [row.id for row in rows], repr(rows)
        case "call":
            seen.value = repr(await target(*positional, **args))
        case "upload":
            seen.value = (await a2e.upload(PNG, name="cat.png")).url
        case "download":
            with tempfile.TemporaryDirectory() as folder:
                saved = await a2e.download(request["url"], folder)
                seen.value = f"{Path(saved.path).name}: {_size(saved.path)} bytes"
        case "bulk":
            await _run_bulk(a2e, target, request, seen)
        case other:
            raise AssertionError(f"unknown: {other}")


def _size(path: str | Path) -> int:
    return Path(path).stat().st_size


async def _run_bulk(a2e: A2E, target: Any, request: Mapping[str, Any], seen: Seen) -> None:
    jobs = [
        target(**{**request.get("args", {}), "prompt": f"picture {number}"})
        for number in range(request["jobs"])
    ]
    async with a2e.bulk(jobs, concurrency=2, retries=request.get("retries", 1)) as run:
        outcomes = [outcome async for outcome in run]

    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    seen.delivered = sum(1 for outcome in outcomes if outcome.result and outcome.result.urls)
    seen.stopped = run.stopped is not None
    seen.value = "; ".join(f"{type(error).__name__}: {error}" for error in errors)


class _Heard(logging.Handler):
    """Keeps the lines that the package logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


# Comparing


def differences(case: Case, seen: Seen) -> list[str]:
    """Everything in which what came is not what it must be; empty when all is well."""
    return [*_against(case.expected, seen), *_always(case, seen)]


def _against(expected: Mapping[str, Any], seen: Seen) -> list[str]:
    if "any_of" in expected:
        tried = [_against(one, seen) for one in expected["any_of"]]
        return [] if [] in tried else [" / ".join(", ".join(one) for one in tried)]
    return [*_outcome(expected, seen), *_words(expected, seen), *_numbers(expected, seen)]


def _outcome(expected: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    names: Sequence[str] = expected.get("error", ())
    kinds = tuple(getattr(a2e_async, name) for name in names)
    if kinds and not isinstance(seen.error, kinds):
        yield f"no {' or '.join(names)}"
    if not kinds and seen.error is not None:
        yield "an error"

    for key, value in expected.get("sent", {}).items():
        if seen.sent.get(key) != value:
            yield f"{key} was sent as {seen.sent.get(key)!r}"


def _words(expected: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    text = (seen.text or seen.value).lower()
    for word in expected.get("text_has", ()):
        if word.lower() not in text:
            yield f"the text lacks {word!r}"
    for word in expected.get("text_lacks", ()):
        if word.lower() in text:
            yield f"the text has {word!r}"

    if expected.get("value_has", "") not in seen.value:
        yield f"the value lacks {expected['value_has']!r}"


def _numbers(expected: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    for key in ("urls", "ids", "delivered", "stopped", "starts", "requests"):
        if key in expected and getattr(seen, key) != expected[key]:
            yield f"{key} is {getattr(seen, key)!r}"
    for key in ("starts", "requests", "seconds"):
        if getattr(seen, key) > expected.get(f"{key}_max", float("inf")):
            yield f"{key} is {getattr(seen, key)}"


def _always(case: Case, seen: Seen) -> Iterator[str]:
    """What no case may lead to."""
    if seen.error is not None and not isinstance(seen.error, A2EError):
        yield "an exception that is not the package's"
    if TOKEN in f"{seen.text}{seen.value}{seen.logged}{seen.error!r}":
        yield "the token is shown"
    if case.request["do"] == "run" and seen.seconds > case.request.get("timeout", 600) + PATIENCE:
        yield f"it took {seen.seconds:.0f} s"
