"""How many coins a bulk run may still spend."""

from __future__ import annotations

from typing import Any

import anyio
import attrs

from a2e_async.errors import BudgetReached
from a2e_async.jobs import Job

__all__ = ["Budget", "Reservation", "kind_of"]

_KINDS_KEPT = 10_000


def kind_of(job: Job[Any]) -> str:
    """What jobs of the same price have in common: the workflow, numbers, choices, how many of what.

    Texts and URLs are left out, and so is the seed.
    """
    chosen = {field.wire_name for field in job.operation.body if field.choices}
    parts = [job.workflow.name]
    for key, value in sorted(job.body.items()):
        if (isinstance(value, int | float) and "seed" not in key) or (
            isinstance(value, str) and key in chosen
        ):
            parts.append(f"{key}={value}")
        elif isinstance(value, list | tuple):
            parts.append(f"{key}[{len(value)}]")
    return " ".join(parts)


@attrs.frozen(eq=False)
class Reservation:
    """Coins set aside for one start.

    Attributes:
        kind: of its job.
        coins: how many.
        exploring: what it costs is not known yet.
    """

    kind: str
    coins: float
    exploring: bool = False


class Budget:
    """A bound that is kept by not starting what might pass it.

    What a job will cost is its quote, or the most that a job of its kind has cost so far if that is
    more. A job of unknown cost is started alone, so that at most its own price comes as a surprise.

    Args:
        coins: the bound; None for no bound.
        spent: coins spent before.
        set_aside: coins that starts of an earlier process may have cost; each is settled when that
            is known.
    """

    def __init__(self, coins: float | None, *, spent: float = 0.0, set_aside: float = 0.0) -> None:
        self._bound = coins
        self._spent = spent
        self._set_aside = set_aside
        self._costs: dict[str, float | None] = {}  # None: the family does not tell
        self._expected: dict[str, float | None] = {}
        self._exploring = False
        self._news = anyio.Event()

    def wants_quote(self, kind: str) -> bool:
        """Whether it would help to know what a job of this kind will cost."""
        return self._bound is not None and kind not in self._costs and kind not in self._expected

    def expect(self, kind: str, coins: float | None) -> None:
        """A job of this kind will cost that many coins, or nobody knows."""
        _keep(self._expected, kind, coins)

    async def reserve(self, kind: str, quote: float | None) -> Reservation:
        """Set coins aside for a start, as soon as it is known how many.

        Args:
            kind: of the job.
            quote: what its caller says that it will cost.

        Raises:
            BudgetReached: the start might pass the bound.
        """
        while (cost := self._cost(kind, quote)) is None and self._exploring and self._bound is not None:
            await self._news.wait()
        if self._bound is not None:
            self._check(kind, cost, self._bound)
            self._exploring = self._exploring or cost is None
        self._set_aside += cost or 0.0
        return Reservation(kind, cost or 0.0, exploring=cost is None)

    def release(self, reservation: Reservation) -> None:
        """The start made no task."""
        self._set_aside -= reservation.coins
        self.doubt(reservation)

    def doubt(self, reservation: Reservation) -> None:
        """It is not known whether the start was charged for: what was set aside for it stays so."""
        if reservation.exploring:
            self._exploring = False
            self._news.set()
            self._news = anyio.Event()

    def spend(self, reservation: Reservation, coins: float | None) -> None:
        """The start was charged for.

        Args:
            reservation: what was set aside for it.
            coins: what it cost; None if that was not told. Then what was set aside counts.
        """
        self.release(reservation)
        self._spent += reservation.coins if coins is None else coins
        seen = self._costs.get(reservation.kind)
        _keep(self._costs, reservation.kind, seen if coins is None else max(coins, seen or 0.0))

    def _cost(self, kind: str, quote: float | None) -> float | None:
        seen = self._costs.get(kind)
        expected = self._expected.get(kind) if quote is None else quote
        return seen if expected is None else max(expected, seen or 0.0)

    def _check(self, kind: str, cost: float | None, bound: float) -> None:
        left = bound - self._spent - self._set_aside
        if cost is None and kind in self._costs:
            raise BudgetReached(
                f"max_coins cannot be kept: {kind.partition(' ')[0]} does not tell what it costs; "
                "give its jobs a quote (Job.with_quote)"
            )
        if left <= 0 or (cost or 0.0) > left:
            costs = "is of unknown cost" if cost is None else f"may cost {cost:g}"
            raise BudgetReached(f"{left:g} of {bound:g} coins are left; the next job {costs}")


def _keep(costs: dict[str, float | None], kind: str, coins: float | None) -> None:
    costs.pop(kind, None)
    costs[kind] = coins
    if len(costs) > _KINDS_KEPT:
        del costs[next(iter(costs))]
