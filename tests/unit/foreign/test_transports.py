"""Whatever a transport raises, what leaves the package is one of its errors, and no start is sent again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import anyio
import httpx
import pytest

from a2e_async._bulk.run import BulkRun
from a2e_async._spec.operation import Call
from a2e_async.client import A2E
from a2e_async.errors import (
    A2EError,
    ConfigurationError,
    ConnectionFailed,
    RateLimited,
    SubmissionUncertain,
    WaitTimeout,
)
from a2e_async.events import Events
from tests.unit.foreign.kit import CONNECTING, FOREIGN, PNG, World, chain
from tests.unit.sample import TOKEN, Pictures
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


class Public(NamedTuple):
    """A public call.

    Attributes:
        call: makes it.
        breaks: a pattern of the requests that break.
        names: a pattern of what its error names.
        starts: how many starts it sends at most.
    """

    call: Callable[[A2E, Path], Awaitable[Any]]
    breaks: str
    names: str
    starts: int = 0


def job(a2e: A2E, **values: Any) -> Any:
    return Pictures(a2e)(prompt="a kite", **values)


async def drained(run: BulkRun[Any]) -> Any:
    async with run:
        outcomes = [outcome async for outcome in run]
        await run.uncertain() if run._settings.journal else None
    if run.stopped is not None:
        raise run.stopped
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error
    return outcomes


async def listed(a2e: A2E, folder: Path) -> Any:
    return [record async for record in Pictures(a2e).list()]


async def finished(a2e: A2E, folder: Path) -> Any:
    task = await job(a2e).start()
    result = await task.wait(timeout=9)
    return await result.download(folder)


async def refreshed(a2e: A2E, folder: Path) -> Any:
    return await (await job(a2e).start()).refresh()


async def evented(a2e: A2E, folder: Path) -> Any:
    async with Events(a2e, Call("POST", "/api/v1/events", body={})) as events:
        return [event async for event in events]


async def closed(a2e: A2E, folder: Path) -> Any:
    await a2e.__aenter__()
    try:
        return await a2e.request("GET", "/api/v1/userPicture/allRecords", query={"pageNum": 1, "pageSize": 1})
    finally:
        await a2e.aclose()
        await a2e.aclose()


CALLS = {
    "request": Public(lambda a2e, _: a2e.request("POST", "/api/v1/r2/quote"), ".", "POST /api/v1/r2/quote: "),
    "repeatable": Public(
        lambda a2e, _: a2e.request("GET", "/api/v1/r2/quote", repeatable=True), ".", "GET /api/v1/r2/quote: "
    ),
    "presign": Public(lambda a2e, _: a2e.upload(PNG), "presigned", "POST /api/v1/r2/upload-presigned-url: "),
    "upload": Public(lambda a2e, _: a2e.upload(PNG), "^PUT", "PUT /a.png: "),
    "upload_many": Public(lambda a2e, _: a2e.upload_many([PNG, PNG + b"2"]), "^PUT", "PUT /a.png: "),
    "download": Public(lambda a2e, f: a2e.download("https://cdn.test/a?s=1", f), ".", "https://cdn.test/a"),
    "quote": Public(lambda a2e, _: a2e.quote(job(a2e)), ".", "POST /api/v1/generation/quote: "),
    "workflow": Public(
        lambda a2e, _: a2e.workflow("userPicture", {"prompt": "a"}).start(), "/start$", "userPicture", 1
    ),
    "start": Public(lambda a2e, _: job(a2e).start(), "/start$", "pictures|/userPicture/start: ", 1),
    "start in the dark": Public(lambda a2e, _: job(a2e).start(), ".", "pictures|/userPicture/start: ", 1),
    "run": Public(lambda a2e, _: job(a2e).run(), "/start$", "pictures|/userPicture/start: ", 1),
    "run, polling": Public(lambda a2e, _: job(a2e).run(timeout=9), "Detail|/0+$|Records", "00000", 1),
    "with_uploads": Public(lambda a2e, _: job(a2e, source_url=PNG).with_uploads(), "^PUT", "PUT /a.png: "),
    "wait": Public(finished, "Detail|/0+$|Records", "00000", 1),
    "refresh": Public(refreshed, "Detail|/0+$|Records", "/userPicture/|00000", 1),
    "Result.download": Public(finished, "cdn", "https://cdn.test/0+.png", 1),
    "get": Public(lambda a2e, _: Pictures(a2e).get("1"), ".", "GET /api/v1/userPicture/1: "),
    "list": Public(listed, ".", "GET /api/v1/userPicture/allRecords: "),
    "voices": Public(lambda a2e, _: a2e.anchor.voice_list(), ".", "/api/v1/anchor/voice_list: "),
    "events": Public(evented, ".", "POST /api/v1/events: "),
    "aclose": Public(closed, ".", "GET /api/v1/userPicture/allRecords: "),
    "bulk": Public(
        lambda a2e, _: drained(a2e.bulk([job(a2e)], timeout=9)),
        "/start$",
        "pictures|/userPicture/start: ",
        1,
    ),
    "bulk, polling": Public(
        lambda a2e, _: drained(a2e.bulk([job(a2e)], timeout=9)), "Detail|/0+$|Records", "00000", 1
    ),
    "bulk, quoting": Public(
        lambda a2e, _: drained(a2e.bulk([job(a2e)], timeout=9, max_coins=50)), "quote", "generation/quote", 1
    ),
    "bulk, downloading": Public(
        lambda a2e, f: drained(a2e.bulk([job(a2e)], timeout=9, download_to=f)),
        "cdn",
        "https://cdn.test/0+",
        1,
    ),
    "bulk with a journal": Public(
        lambda a2e, f: drained(a2e.bulk([job(a2e)], timeout=9, journal=f / "run.db")),
        "/start$",
        "pictures|/userPicture/start: ",
        1,
    ),
}
PLACES = ("connect", "sent", "body", "close")


def world_of(public: Public, place: str, make: Callable[[], BaseException]) -> World:
    return World(lambda request: re.search(public.breaks, request) is not None, place, make)


async def outcome_of(public: Public, world: World, folder: Path) -> Any:
    try:
        return await public.call(world.client(), folder)
    except BaseException as error:
        return error


def check(public: Public, world: World, name: str, outcome: Any) -> None:
    if not world.raised:
        assert world.place == "body"  # of a reply to a PUT, which nobody reads
        return
    starts = world.broken.count("/api/v1/userPicture/start")
    is_unsent = world.place == "connect" and name in CONNECTING
    assert starts <= 1 or is_unsent
    assert len(world.service.tasks) <= public.starts

    if not isinstance(outcome, BaseException):
        # A reply that was read is used, however its connection closes. A start is found by its marker.
        assert world.place == "close" or world.broken[0].endswith(("/start", "/a.png", "/quote"))
        return

    assert isinstance(outcome, A2EError), repr(outcome)
    assert re.search(public.names, str(outcome)), str(outcome)
    behind = chain(outcome)
    assert isinstance(outcome, WaitTimeout) or any(type(error) is type(world.raised[-1]) for error in behind)
    for error in behind:
        shown = f"{error!r} {error} {vars(error)} {getattr(error, 'object', '')}"
        assert TOKEN not in shown
        assert "s3cr3t" not in shown
    if starts and not is_unsent:
        assert isinstance(outcome, SubmissionUncertain)


def picked(*place: object) -> list[str]:
    """Some of the errors: others for each place, so that all places together meet all of them often."""
    return Random(repr(place)).sample(list(FOREIGN), 2 if place[-1] == "asyncio" else 1)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("call", CALLS)
async def test_public_calls(call: str, place: str, anyio_backend_name: str, tmp_path: Path) -> None:
    for number, name in enumerate(picked(call, place, anyio_backend_name)):
        if place == "sent" and name in CONNECTING:
            continue  # it would lie
        world = world_of(CALLS[call], place, FOREIGN[name])
        folder = tmp_path / str(number)
        folder.mkdir()
        check(CALLS[call], world, name, await outcome_of(CALLS[call], world, folder))


async def test_no_start_is_lost_or_sent_twice(tmp_path: Path) -> None:
    """The reply is lost in each way. The task was made once, and is found in the list."""
    for name, make in FOREIGN.items():
        for place in ("body",) if name in CONNECTING else ("body", "sent"):
            world = world_of(CALLS["start"], place, make)
            task = await outcome_of(CALLS["start"], world, tmp_path)
            assert not isinstance(task, BaseException), (name, task)
            assert [made["_id"] for made in world.service.tasks] == [task.id]
            assert len(world.broken) == 1


@pytest.mark.parametrize("call", ["start", "bulk"])
async def test_what_concerns_the_process_or_the_test_goes_through(call: str, tmp_path: Path) -> None:
    for kind in (MemoryError, AssertionError):
        world = world_of(CALLS[call], "sent", kind)
        assert await outcome_of(CALLS[call], world, tmp_path) is world.raised[0]
        assert len(world.broken) == 1


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("backend", BACKENDS)
def test_an_interrupt_goes_through(backend: str, kind: type[BaseException]) -> None:
    world = world_of(CALLS["start"], "sent", kind)
    with pytest.raises(kind):
        run(backend, job(world.client()).start)
    assert len(world.broken) == 1


def failing(error: Exception) -> Callable[..., Any]:
    async def fail(*args: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    "kind", [OSError, ValueError, KeyError, httpx.ReadError, UnicodeError, RuntimeError, anyio.EndOfStream]
)
async def test_what_a_callback_raises_is_the_callers(kind: type[Exception], tmp_path: Path) -> None:
    own = kind("mine") if kind is not anyio.EndOfStream else kind()
    world = World()
    a2e = world.client()
    own_calls = {
        "upload": a2e.upload(PNG, progress=failing(own)),
        "download": a2e.download("https://cdn.test/a", tmp_path, progress=failing(own)),
        "accepted": job(a2e).start(accepted=failing(own)),
    }

    for what, call in own_calls.items():
        with pytest.raises(kind) as info:
            await call
        assert info.value is own, what

    assert world.puts == 1
    assert world.service.starts == 1


@pytest.mark.parametrize(
    "own",
    [ConnectionFailed("mine", delivered=False), ConfigurationError("mine"), RateLimited("mine", status=429)],
)
async def test_what_a_callback_raises_does_not_send_a_start_again(own: A2EError, tmp_path: Path) -> None:
    """A callback may use the package, and fail with one of its errors."""
    world = World()
    with pytest.raises(type(own), match="goes on and is paid for"):
        await job(world.client()).start(accepted=failing(own))
    assert world.service.starts == 1


async def test_what_the_jobs_of_a_run_raise_is_the_callers() -> None:
    own = KeyError("prompt")
    world = World()
    a2e = world.client()

    async def jobs() -> AsyncIterator[Any]:
        yield job(a2e)
        raise own

    with pytest.raises(KeyError) as info:
        await drained(a2e.bulk(jobs(), timeout=9))
    assert info.value is own
    assert world.service.starts == 1
