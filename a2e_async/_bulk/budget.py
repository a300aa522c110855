"""How many coins a bulk run may still spend. No I/O."""

from __future__ import annotations

from typing import Any

import anyio
import attrs

from a2e_async.errors import BudgetReached
from a2e_async.jobs import Job

__all__ = ["Budget", "Reservation", "is_seed", "kind_of"]

_MAX_KINDS = 10_000


def kind_of(job: Job[Any]) -> str:
    """Name the kind of a job. Jobs of one kind have the same price.

    The kind is made of the workflow, the numbers, the choices and the lengths of the lists. Texts, URLs
    and the seed are left out.
    """
    choices = {field.wire_name for field in job.operation.body if field.choices}
    parts = [job.workflow.name]

    for key, value in sorted(job.body.items()):
        is_number = isinstance(value, int | float) and not is_seed(key)
        is_choice = isinstance(value, str) and key in choices
        if is_number or is_choice:
            parts.append(f"{key}={value}")
        elif isinstance(value, list | tuple):
            parts.append(f"{key}[{len(value)}]")

    return " ".join(parts)


def is_seed(name: str) -> bool:
    """Whether a field is the seed of a result, which changes no price."""
    return "seed" in name


@attrs.frozen(eq=False)
class Reservation:
    """Coins set aside for one start.

    Attributes:
        kind: the kind of its job.
        coins: how many coins.
        exploring: the price of the kind is not known yet; this start will show it.
    """

    kind: str
    coins: float
    exploring: bool = False


class Budget:
    """Keeps a run below its limit by refusing any start that might exceed it.

    The expected cost of a job is its quote, or the highest cost of its kind so far if that is more. A job
    of unknown cost is started alone, so that the limit is exceeded by at most that job's own price.

    Args:
        limit: coins that may be spent; None for no limit.
        spent: coins spent by earlier processes.
        set_aside: coins that unanswered starts of earlier processes may have cost. Each of these starts is
            settled once its outcome is known.
    """

    def __init__(self, limit: float | None, *, spent: float = 0.0, set_aside: float = 0.0) -> None:
        self._limit = limit
        self._spent = spent
        self._set_aside = set_aside
        # The highest cost of each kind so far, and its expected cost. None: the service does not report it.
        self._costs: dict[str, float | None] = {}
        self._expected: dict[str, float | None] = {}
        self._exploring = False
        self._explored = anyio.Event()

    @property
    def limit(self) -> float | None:
        """Coins that may be spent; None for no limit."""
        return self._limit

    def wants_quote(self, kind: str) -> bool:
        """Whether a quote for a job of this kind would be of use."""
        return self.limit is not None and kind not in self._costs and kind not in self._expected

    def expect(self, kind: str, coins: float | None) -> None:
        """Expect jobs of this kind to cost this much; None if the price cannot be found out."""
        _put(self._expected, kind, coins)

    async def reserve(self, kind: str, quote: float | None) -> Reservation:
        """Set coins aside for a start. Waits while another start explores an unknown price.

        Args:
            kind: the kind of the job.
            quote: the price in coins that the caller gave, or None.

        Raises:
            BudgetReached: the start might exceed the limit.
        """
        while (cost := self._cost(kind, quote)) is None and self._exploring and self.limit is not None:
            await self._explored.wait()

        if self.limit is not None:
            self._check(kind, cost, self.limit)
            self._exploring = self._exploring or cost is None

        self._set_aside += cost or 0.0
        return Reservation(kind, cost or 0.0, exploring=cost is None)

    def release(self, reservation: Reservation) -> None:
        """Give the coins back: the start made no task."""
        self._set_aside -= reservation.coins
        self.doubt(reservation)

    def doubt(self, reservation: Reservation) -> None:
        """Leave the coins set aside: it is not known whether the start was charged for."""
        if reservation.exploring:
            self._stop_exploring()

    def spend(self, reservation: Reservation, coins: float | None) -> None:
        """Count the coins as spent: the start was charged for.

        Args:
            reservation: the coins set aside for the start.
            coins: what it cost; None if the reply did not say. Until `settle`, those set aside count.
        """
        self._set_aside -= reservation.coins
        self._spent += reservation.coins
        if coins is not None:
            self.settle(reservation, coins)

    def settle(self, reservation: Reservation, coins: float | None) -> None:
        """Correct what was counted for a start, after its reply or the task's last record has shown its cost.

        Args:
            reservation: the coins that were set aside for the start.
            coins: what it cost; None if that was never shown.
        """
        if coins is not None:
            self._spent += coins - reservation.coins
        highest = self._costs.get(reservation.kind)
        _put(self._costs, reservation.kind, highest if coins is None else max(coins, highest or 0.0))
        self.doubt(reservation)

    def _cost(self, kind: str, quote: float | None) -> float | None:
        """The expected cost of a job; None if it is unknown."""
        highest = self._costs.get(kind)
        expected = self._expected.get(kind) if quote is None else quote
        return highest if expected is None else max(expected, highest or 0.0)

    def _stop_exploring(self) -> None:
        self._exploring = False
        self._explored.set()
        self._explored = anyio.Event()

    @staticmethod
    def _unreported(kind: str) -> str:
        return (
            f"max_coins cannot be kept: {kind.partition(' ')[0]} does not report its cost; "
            "give its jobs a quote (Job.with_quote)"
        )

    def _check(self, kind: str, cost: float | None, limit: float) -> None:
        left = limit - self._spent - self._set_aside
        if cost is None and kind in self._costs:
            raise BudgetReached(self._unreported(kind))
        if left <= 0 or (cost or 0.0) > left:
            costs = "is of unknown cost" if cost is None else f"may cost {cost:g}"
            raise BudgetReached(f"{left:g} of {limit:g} coins are left; the next job {costs}")


def _put(costs: dict[str, float | None], kind: str, coins: float | None) -> None:
    """Set the cost of a kind; the oldest kind is dropped when there are too many."""
    costs.pop(kind, None)
    costs[kind] = coins
    if len(costs) > _MAX_KINDS:
        del costs[next(iter(costs))]
