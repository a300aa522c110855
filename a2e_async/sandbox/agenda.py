"""A queue of things that are due at times of a clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["Agenda"]

T = TypeVar("T")


class Agenda(Generic[T]):
    """Items in the order of the times at which they are due. Equal times keep the order of arrival."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._serial = itertools.count()

    def add(self, due: float, item: T) -> None:
        """Queue an item."""
        heapq.heappush(self._heap, (due, next(self._serial), item))

    def first(self) -> tuple[float, T] | None:
        """The next item and the time at which it is due; None if the queue is empty."""
        if not self._heap:
            return None
        due, _, item = self._heap[0]
        return due, item

    def pop(self) -> T:
        """Take out the next item."""
        return heapq.heappop(self._heap)[2]

    def pop_due(self, now: float) -> Iterator[T]:
        """Take out the items that are due by `now`, also those that are added meanwhile."""
        while self._heap and self._heap[0][0] <= now:
            yield self.pop()

    def __iter__(self) -> Iterator[T]:
        """All queued items, in no particular order."""
        return (item for _, _, item in self._heap)
