"""How often one request is tried when no connection can be made."""

from __future__ import annotations

import logging

import anyio
import pytest

from a2e_async.clock import SystemClock
from a2e_async.errors import APIError, ConnectionFailed, RateLimited, ServerError, TransportError
from a2e_async.policies import RetryPolicy
from a2e_async.tries import Tries, problem_of
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

REFUSED = ConnectionFailed(
    "cannot connect to a2e.test:443 (refused)", method="GET", path="/x", delivered=False
)
UNKNOWN_HOST = ConnectionFailed("the host a2e.test is not known", delivered=False, permanent=True)


async def play(
    error: APIError | TransportError, *, takes: float = 0.0, **options: float
) -> tuple[int, float]:
    """Try until the policy gives up. Returns the number of tries and the seconds that they took."""
    policy = RetryPolicy(attempts=1000, random=lambda: 1.0, **options)
    tries = Tries(policy, SystemClock())
    began = anyio.current_time()
    while True:
        tries.begin()
        await anyio.sleep(takes)
        pause = tries.pause(error, error.retry_after)
        if pause is None:
            return tries.number, anyio.current_time() - began
        await anyio.sleep(pause)


@pytest.mark.parametrize("takes", [0.0, 0.01, 1.0, 5.0, 7.0, 10.0, 60.0])
async def test_connecting_takes_no_longer_than_the_patience(takes: float) -> None:
    tries, seconds = await play(REFUSED, takes=takes)
    assert seconds <= max(15.0, takes)
    assert (tries > 1) == (takes <= 7.0)


async def test_the_patience_is_a_setting() -> None:
    assert await play(REFUSED, connect_patience=0.0) == (1, 0.0)
    tries, seconds = await play(REFUSED, connect_patience=600.0)
    assert tries > 20
    assert 500 < seconds <= 600


async def test_what_cannot_pass_is_tried_once() -> None:
    assert await play(UNKNOWN_HOST) == (1, 0.0)


@pytest.mark.parametrize("error", [ServerError("x", status=503), RateLimited("x", status=429)])
async def test_an_answer_is_tried_as_often_as_the_policy_says(error: APIError) -> None:
    tries, _ = await play(error)
    assert tries == 1000


async def test_patience_begins_anew_after_an_answer() -> None:
    tries = Tries(RetryPolicy(random=lambda: 0.0), SystemClock())
    busy = ServerError("x", status=503)
    errors: list[APIError | TransportError] = [REFUSED, busy, REFUSED, busy, REFUSED]
    for error in errors:
        tries.begin()
        await anyio.sleep(6.0)
        assert tries.pause(error, error.retry_after) is not None


async def test_a_warning_counts_the_tries(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    await play(REFUSED, takes=4.0)
    assert [record.getMessage() for record in caplog.records] == [
        "cannot connect to a2e.test:443 (refused), try 1, again in 0.5 s",
        "cannot connect to a2e.test:443 (refused), try 2, again in 1.0 s",
    ]


def test_the_problem_is_the_text_without_the_request() -> None:
    assert problem_of(REFUSED) == "cannot connect to a2e.test:443 (refused)"
    assert problem_of(ServerError("busy", status=503)) == str(ServerError("busy", status=503))


async def test_a_turn_that_is_waited_for_is_no_time_spent_on_connecting() -> None:
    policy = RetryPolicy(attempts=1000, random=lambda: 1.0, base=1.0, cap=1.0)
    tries = Tries(policy, SystemClock())
    for _ in range(10):
        await anyio.sleep(60.0)  # the turn
        tries.begin()
        pause = tries.pause(REFUSED, None)
        assert pause == 1.0
        await anyio.sleep(pause)
