"""Keeps all workers of a shared journal below the account's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from a2e_async._bulk.budget import Budget, Reservation
from a2e_async.clock import Clock
from a2e_async.errors import BudgetReached

if TYPE_CHECKING:
    from a2e_async._journal.postgres.journal import DatabaseJournal

__all__ = ["SharedBudget"]

_PAUSE = 0.5  # seconds between two questions whether another worker has found out a price


class SharedBudget(Budget):
    """The budget of several workers.

    The journal counts what is spent and set aside, and refuses a start that might exceed the limit. This
    class finds out what a start may cost, from what other workers have learned too.

    Args:
        journal: the journal that they share.
        clock: measures the pauses.
    """

    def __init__(self, journal: DatabaseJournal, clock: Clock) -> None:
        super().__init__(None)
        self._journal = journal
        self._clock = clock

    @property
    def limit(self) -> float | None:
        """The most coins that all workers may spend; None for no limit."""
        return self._journal.max_coins

    async def reserve(self, kind: str, quote: float | None) -> Reservation:
        """Find out what a start may cost. Waits while another start explores an unknown price.

        Raises:
            BudgetReached: the price cannot be found out.
        """
        from a2e_async._journal.postgres.prices import Known

        if self.limit is None:
            return await super().reserve(kind, quote)

        while (cost := self._cost(kind, quote)) is None:
            if self._exploring:
                await self._explored.wait()
                continue

            self._exploring = True  # none of this worker's jobs asks meanwhile
            mine = False
            try:
                price = await self._journal.price(kind)
                mine = price.known is Known.YOURS
            finally:
                if not mine:
                    self._stop_exploring()

            if mine:
                return Reservation(kind, 0.0, exploring=True)
            if price.known is Known.UNREPORTED:
                raise BudgetReached(self._unreported(kind))
            if price.known is Known.COINS:
                self.expect(kind, price.coins)
            else:
                await self._clock.sleep(_PAUSE)

        return Reservation(kind, cost, exploring=False)

    def doubt(self, reservation: Reservation) -> None:
        """Let another start find out the price, if this one was to do so."""
        if reservation.exploring:
            self._learn(reservation.kind, found=False)
        super().doubt(reservation)

    def settle(self, reservation: Reservation, coins: float | None) -> None:
        """Learn what a start has cost; see `Budget.settle`."""
        if self.limit is not None:
            before = self._cost(reservation.kind, None)
            if reservation.exploring or (coins or 0.0) > (before or 0.0):
                self._learn(reservation.kind, found=True, coins=coins)
        super().settle(reservation, coins)

    def _learn(self, kind: str, *, found: bool, coins: float | None = None) -> None:
        from a2e_async._journal.postgres.prices import Lesson

        self._journal.learn(Lesson(kind, found, coins))
