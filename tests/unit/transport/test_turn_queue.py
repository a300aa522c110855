"""Who gets the next turn, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import anyio
import hypothesis.strategies as st
import pytest
from hypothesis import given

from a2e_async._transport.turn_queue import Kind, TurnQueue
from a2e_async.clock import SystemClock
from tests.virtual_time import BACKENDS, anyio_backend, run

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


class Every:
    """A turn every second."""

    spacing = 1.0
    held_until = 0.0

    def __init__(self, *, at_once: int = 1) -> None:
        self.next = 0.0
        self._at_once = at_once

    async def book(self, wanted: int, earliest: float) -> Sequence[float]:
        moments = []
        for _ in range(self._at_once):
            moments.append(max(self.next, anyio.current_time()))
            self.next = moments[-1] + self.spacing
        return moments


async def test_polls_come_first_then_starts_and_all_in_order() -> None:
    queue = TurnQueue(SystemClock(), Every())
    served: list[str] = []

    async def one(name: str, kind: Kind) -> None:
        await queue.turn(kind)
        served.append(name)

    async with anyio.create_task_group() as group:
        for name, kind in [
            ("first", Kind.OTHER),
            ("other", Kind.OTHER),
            ("start 1", Kind.START),
            ("start 2", Kind.START),
            ("poll 1", Kind.POLL),
            ("poll 2", Kind.POLL),
        ]:
            group.start_soon(one, name, kind)
            await anyio.wait_all_tasks_blocked()
    assert served == ["first", "poll 1", "poll 2", "start 1", "start 2", "other"]


@pytest.mark.parametrize("kind", Kind)
async def test_nobody_waits_for_ever(kind: Kind) -> None:
    queue = TurnQueue(SystemClock(), Every())
    async with anyio.create_task_group() as group:

        async def again(kind: Kind) -> None:
            while True:
                await queue.turn(kind)

        for busy in Kind:
            for _ in range(5):
                group.start_soon(again, busy)
        await anyio.sleep(10.5)
        with anyio.fail_after(50):
            await queue.turn(kind)
        group.cancel_scope.cancel()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Kind),
            st.floats(0, 5),  # when it comes
            st.none() | st.floats(0, 5),  # how long it waits before it is cancelled
        ),
        max_size=20,
    ),
    st.integers(1, 4),
    st.sampled_from(BACKENDS),
)
def test_turns_are_apart_and_none_is_lost(
    requests: Sequence[tuple[Kind, float, float | None]], at_once: int, backend: str
) -> None:
    async def main() -> None:
        queue = TurnQueue(SystemClock(), Every(at_once=at_once))
        moments: list[float] = []
        came: list[float] = []

        async def one(kind: Kind, at: float, patience: float | None) -> None:
            await anyio.sleep(at)
            came.append(at)
            with anyio.move_on_after(1000.0 if patience is None else patience):
                await queue.turn(kind)
                moments.append(anyio.current_time())

        async with anyio.create_task_group() as group:
            for request in requests:
                group.start_soon(one, *request)

        # Everybody who did not give up was served, a second apart, and nobody waited for those who did.
        assert len(moments) >= sum(patience is None for *_, patience in requests)
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        assert all(gap > 0.99 for gap in gaps)
        if moments:
            assert moments[-1] <= max(came) + len(moments) + 1.0 + 1e-6

    run(backend, main)
