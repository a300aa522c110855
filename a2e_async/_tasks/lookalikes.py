"""Starts without a marker whose tasks could be taken for each other's run one at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import attrs

__all__ = ["Lookalikes", "Unmarked"]


@attrs.define(eq=False)
class Unmarked:
    """A start without a marker that is under way.

    Attributes:
        body: its body.
        passed: whether it may have been sent.
    """

    body: Mapping[str, Any]
    passed: bool = True


class Lookalikes:
    """The starts of one workflow that no marker tells apart."""

    def __init__(self) -> None:
        self._under_way: list[Unmarked] = []
        self._ended = anyio.Event()

    @asynccontextmanager
    async def turn(self, body: Mapping[str, Any], *, passing: bool = False) -> AsyncIterator[Unmarked]:
        """Wait while a look-alike is under way, and be under way while the block runs.

        So an unclaimed task can belong to at most one unanswered start.

        Args:
            body: the body of the start.
            passing: do not wait for those that have not been sent: something else keeps them from that.
        """
        while any(self._is_before(other, body, passing) for other in self._under_way):
            await self._ended.wait()

        mine = Unmarked(body)
        self._under_way.append(mine)
        try:
            yield mine
        finally:
            self._under_way.remove(mine)
            self._ended.set()
            self._ended = anyio.Event()

    @staticmethod
    def _is_before(other: Unmarked, body: Mapping[str, Any], passing: bool) -> bool:
        return (other.passed or not passing) and _look_alike(body, other.body)


def _look_alike(body: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether one record could echo both bodies."""
    return all(body[key] == other[key] for key in body.keys() & other.keys())
