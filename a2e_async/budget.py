"""How many coins a bulk run may still spend. No I/O."""

from __future__ import annotations

from a2e_async.errors import BudgetReached

__all__ = ["Budget"]


class Budget:
    """A bound that is kept by not starting what might pass it.

    What a job will cost is its quote, else the most that a job of its workflow has cost so far. Until
    the first one is known, jobs of a workflow are started one at a time.

    Args:
        coins: the bound; None for no bound.
    """

    def __init__(self, coins: float | None) -> None:
        self._left = coins
        self._bound = coins
        self._reserved = 0.0
        self._dearest: dict[str, float] = {}
        self._exploring: set[str] = set()

    def must_wait(self, workflow: str, quote: float | None) -> bool:
        """Whether the cost of an earlier job of the workflow has to be known first."""
        unknown = quote is None and workflow not in self._dearest
        return self._left is not None and unknown and workflow in self._exploring

    def reserve(self, workflow: str, quote: float | None) -> float:
        """Set coins aside for a start.

        Returns:
            What was set aside, to be given to `settle`.

        Raises:
            BudgetReached: the start might pass the bound.
        """
        if self._left is None:
            return 0.0
        cost = quote if quote is not None else self._dearest.get(workflow, 0.0)
        if self._reserved + cost > self._left or self._left <= 0:
            raise BudgetReached(
                f"{self._left - self._reserved:g} of {self._bound:g} coins are left; "
                f"another {workflow} job may cost {cost:g}"
            )
        if quote is None and workflow not in self._dearest:
            self._exploring.add(workflow)
        self._reserved += cost
        return cost

    def settle(self, workflow: str, reserved: float, coins: float | None) -> None:
        """A start has ended: it cost that many coins, or none was made (None)."""
        self._exploring.discard(workflow)
        if self._left is None:
            return
        self._reserved -= reserved
        if coins is not None:
            self._left -= coins
            self._dearest[workflow] = max(coins, self._dearest.get(workflow, 0.0))
