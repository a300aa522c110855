"""What a sandbox can make: its families, and the price and duration of their tasks."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from a2e_async.sandbox.document import Document
from a2e_async.sandbox.families import Family, family_of
from a2e_async.sandbox.names import workflow_name
from a2e_async.sandbox.operations import SpecOperation

__all__ = ["Catalogue", "Duration"]

Duration = tuple[float, float] | float | Callable[[Mapping[str, Any]], float]
"""Seconds that a task takes: (mean, standard deviation), a number, or a function of the start's body."""


class Catalogue:
    """The families of a document, and the prices and durations that a sandbox was configured with."""

    def __init__(
        self,
        document: Document,
        prices: Mapping[str, int],
        durations: Mapping[str, Duration],
        randomness: random.Random,
    ) -> None:
        self._document = document
        self._prices = {workflow_name(key): value for key, value in prices.items()}
        self._durations = {workflow_name(key): value for key, value in durations.items()}
        self._random = randomness
        self._families: dict[str, Family] = {}  # by path segment

    def family(self, operation: SpecOperation) -> Family:
        """The family that an operation belongs to."""
        family = self._families.get(operation.segment)
        if family is None:
            starts = (other for other in self._document.of(operation.segment) if other.role == "start")
            fields = next((start.body_fields for start in starts), {})
            family = self._families[operation.segment] = family_of(operation.segment, fields)
        return family

    def cost(self, family: Family, body: Mapping[str, Any]) -> int:
        """The price of one task, in coins."""
        price = self._prices.get(family.workflow)
        return family.cost(body) if price is None else price

    def quickness(self, family: Family) -> float | None:
        """About how long a family's tasks take, in seconds, if the sandbox was told so and it is a number."""
        given = self._durations.get(family.workflow, self._durations.get("*"))
        if given is None or callable(given):
            return None
        return max(0.0, float(given if isinstance(given, int | float) else given[0]))

    def duration(self, family: Family, body: Mapping[str, Any]) -> float:
        """How long one task takes, in seconds. Drawn at random unless it is fixed."""
        given = self._durations.get(family.workflow, self._durations.get("*", family.duration))
        if callable(given):
            return max(0.0, float(given(body)))
        if isinstance(given, int | float):
            return max(0.0, float(given))

        mean, deviation = given
        return max(mean * 0.1, self._random.gauss(mean, deviation)) if deviation else float(mean)
