"""Faults of this machine: reported at once and once, and no paid task is given up for them."""

from __future__ import annotations

import socket
from collections.abc import Callable

import anyio
import httpx
import pytest

from a2e_async._tasks.start_watch import Watch
from a2e_async.errors import ConfigurationError, ConnectionFailed, SubmissionUncertain
from tests.unit.sample import Answer, Fault, Pictures, Service, client
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


def unknown_host() -> httpx.ConnectError:
    error = httpx.ConnectError("failed")
    error.__cause__ = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return error


PERMANENT: dict[str, Callable[[], Answer]] = {
    "unknown host": unknown_host,
    "407": lambda: httpx.Response(407),
}


def always(answer: Callable[[], Answer], *, but: str = " ", until: float = float("inf")) -> Fault:
    """A fault that gives this answer until a moment, except to requests with a path of this end."""

    def fault(service: Service, request: httpx.Request) -> Answer | None:
        if request.url.path.endswith(but) or anyio.current_time() > until:
            return None
        return answer()

    return fault


@pytest.mark.parametrize("kind", PERMANENT)
async def test_a_start_is_tried_once(kind: str) -> None:
    service = Service(before=always(PERMANENT[kind]))
    with pytest.raises(ConnectionFailed) as info:
        await Pictures(client(service))(prompt="a kite").run()
    assert info.value.permanent
    assert (service.starts, anyio.current_time()) == (1, 0.0)


async def test_a_start_is_tried_for_some_seconds_where_it_may_pass() -> None:
    service = Service(before=always(lambda: httpx.ConnectError("refused")))
    with pytest.raises(ConnectionFailed):
        await Pictures(client(service))(prompt="a kite").run()
    assert 3 <= service.starts <= 20
    assert anyio.current_time() <= 15.0


@pytest.mark.parametrize("kind", PERMANENT)
async def test_a_lost_start_stays_uncertain_where_its_list_cannot_be_reached(kind: str) -> None:
    def fault(service: Service, request: httpx.Request) -> Answer:
        return httpx.ReadError("reset") if request.url.path.endswith("/start") else PERMANENT[kind]()

    service = Service(before=fault)
    with pytest.raises(SubmissionUncertain, match=r"not known to DNS|user name and password"):
        await Pictures(client(service))(prompt="a kite").start()
    assert (service.starts, service.lists, anyio.current_time()) == (1, 1, 0.0)


@pytest.mark.parametrize("kind", PERMANENT)
async def test_a_search_of_a_later_run_can_begin_again(kind: str) -> None:
    pictures = Pictures(client(Service(before=always(PERMANENT[kind]))))
    job = pictures(prompt="a kite")
    with pytest.raises(ConnectionFailed) as info:
        await pictures.runtime.starter(pictures).recover(job, job.body, "a2e-0123456789abc", 0.0)
    assert info.value.permanent
    assert anyio.current_time() == 0.0


async def test_a_setting_that_cannot_be_used_leaves_no_start_open() -> None:
    def fault(service: Service, request: httpx.Request) -> Answer:
        raise ConfigurationError("HTTPS_PROXY: not the URL of a proxy")

    steps: list[str] = []

    async def note(step: str) -> None:
        steps.append(step)

    watch = Watch(
        accepted=lambda records: note("accepted"),
        sending=lambda marker: note("sending"),
        refused=lambda: note("refused"),
    )
    pictures = Pictures(client(Service(before=fault)))
    job = pictures(prompt="a kite")
    with pytest.raises(ConfigurationError):
        await pictures.runtime.starter(pictures).start(job, job.call, watch=watch)
    assert steps == ["sending", "refused"]


async def test_a_paid_task_outlives_a_network_that_is_gone_for_a_while() -> None:
    service = Service(before=always(unknown_host, but="/start", until=300.0))
    result = await Pictures(client(service))(prompt="a kite").run()
    assert result.urls
    assert service.starts == 1
    assert 300 < anyio.current_time() < 400


async def test_a_wait_ends_at_once_where_a_proxy_refuses() -> None:
    service = Service(before=always(PERMANENT["407"], but="/start"))
    pictures = Pictures(client(service))
    seen: list[str] = []

    async def fail(prompt: str) -> None:
        with pytest.raises(ConnectionFailed, match="user name and password") as info:
            await pictures(prompt=prompt).run()
        assert info.value.permanent
        seen.append(str(info.value))

    async with anyio.create_task_group() as group:
        group.start_soon(fail, "a kite")
        group.start_soon(fail, "a boat")
    assert len(service.requests) == 3

    # What is paid for is named, each in its own error.
    for task, text in zip(sorted(task["_id"] for task in service.tasks), sorted(seen), strict=True):
        assert "goes on and is paid for" in text
        assert text.count("takes it up") == 1
        assert sum(other["_id"] in text for other in service.tasks) == 1
        assert task in "".join(seen)


async def test_a_wait_ends_at_once_where_the_host_was_never_reached() -> None:
    service = Service(before=always(unknown_host))
    with pytest.raises(ConnectionFailed, match="is not known to DNS"):
        await Pictures(client(service)).task("0123456789abcdef01234567").wait()
    assert len(service.requests) == 1
