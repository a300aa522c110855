"""Which connections a start is sent on."""

from __future__ import annotations

import httpx
import pytest

from a2e_async._transport import pools
from a2e_async._transport.pools import Pools
from a2e_async.errors import ConnectionFailed, RequestTimeout, TransportError


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The reading of the clock that tells how long a connection was idle."""
    reading = [100.0]
    monkeypatch.setattr("a2e_async._transport.pools.time.monotonic", lambda: reading[0])
    return reading


def make() -> Pools:
    return Pools(httpx, None, max_connections=8, user_agent="a2e", check=None)


def use(held: Pools, *, fresh: bool, breaks: Exception | None = None) -> pools.Pool:
    pool = held.pick(fresh=fresh)
    pool.busy += 1
    try:
        with held.races_noted(pool):
            if breaks is not None:
                raise breaks
    except TransportError:
        pass
    pool.leave()
    return pool


def test_a_start_uses_a_connection_that_was_in_use_a_moment_ago(now: list[float]) -> None:
    held = make()
    first = use(held, fresh=True)
    now[0] += 0.005
    assert use(held, fresh=True) is use(held, fresh=False) is first
    assert not first.fresh


def test_a_start_uses_no_connection_that_was_idle(now: list[float]) -> None:
    held = make()
    kept = use(held, fresh=False)
    now[0] += 1.0
    assert use(held, fresh=True).fresh
    assert use(held, fresh=False) is kept


@pytest.mark.parametrize(
    "error", [ConnectionFailed("closed"), ConnectionFailed("reset"), RequestTimeout("no answer")]
)
def test_after_a_race_every_start_has_a_new_connection(now: list[float], error: Exception) -> None:
    held = make()
    kept = use(held, fresh=False, breaks=error)
    assert use(held, fresh=True).fresh
    assert use(held, fresh=False) is kept


def test_a_connection_that_was_never_made_is_no_race(now: list[float]) -> None:
    held = make()
    use(held, fresh=False, breaks=ConnectionFailed("refused", delivered=False))
    assert not use(held, fresh=True).fresh


def test_a_transport_of_the_caller_has_no_connections_to_choose(now: list[float]) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    held = Pools(httpx, transport, max_connections=8, user_agent="a2e", check=None)
    first = use(held, fresh=False)
    now[0] += 9.0
    assert use(held, fresh=True) is first
    assert list(held) == [first]
