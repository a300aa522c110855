"""Estimate the rate of requests that a service accepts: AIMD, with a climb as in TCP CUBIC. No I/O.

Nobody knows the limit of a service. A refusal (429) shows that it is below the current rate. The rate is
cut a little then, climbs quickly back to just below the refused one, stays there for a while, and then
climbs faster and faster, in case that the limit has gone.
"""

from __future__ import annotations

import math

import attrs

__all__ = ["LEAST_FIRST", "Limit", "after_refusal", "first_limit"]

LEAST_FIRST = 5.0  # requests a second to begin with, if fewer were accepted so far
_LEAST, _MOST = 0.02, 10_000.0  # requests a second
_FIRST_SHARE = 0.9  # of the requests that were accepted in the second before the first refusal
_DOUBLED_IN = 1.0  # seconds, until the limit was met for the first time
_FEW = 0.01  # the share of refusals that is no overload
_PLATEAU_OF_FEW, _LOW_OF_FEW = 0.98, 0.965  # what such a one leaves
_FEW_AT_FIRST = 0.1  # the same, until the limit was met for the first time
_RECENT = 200  # requests that this share is taken of, at most
_FEWEST = 5  # as many requests more were accepted than are known of; one refusal alone says little
_PLATEAU, _LOW = 0.97, 0.92  # of the estimated limit: where the climb slows down, and where it begins
_BACK, _BACK_WITHIN = 100.0, (2.0, 5.0)  # requests to climb back, and within how many seconds
_SLOW, _SLOW_WITHIN = 250.0, (4.0, 20.0)  # the same for the climb beyond
_STEEP = 0.08  # how much higher the rate is after that; then the limit must have gone
_DOUBLED_BEYOND = 6.0  # seconds in which it doubles from there
_CUTS_TO_BE_SURE = 8
_BETWEEN = 1.0  # seconds between two cuts, at least
_MOST_CUT = 0.4  # the most that one cut leaves
_COSTLY = 0.5  # seconds; a pause for which a refusal is never taken lightly
_LONG_HOLD = 2.0  # seconds; after that the mean rate tells more than the current one
_SHORT_HOLD = 0.8  # how much less it may be after a shorter one
_IN_ROW = 3  # refusals in a row that show that the service accepts nothing for now
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0  # seconds without requests then; doubled with each


@attrs.define
class Limit:
    """The estimated limit.

    The rate is a function of the seconds that requests have waited for their turns since the last cut. As
    long as nobody waits, a higher rate would prove nothing.

    Attributes:
        low: requests a second right after the last cut.
        plateau: the rate at which the climb slows down; None until the limit was met for the first time.
        cut_at: when the last cut was.
        epoch: how often the pace has slowed down. Only the requests that were sent since are counted.
        busy: seconds of turns that were waited for since the last cut.
        held: seconds without requests since then, because the service accepted none.
        accepted: requests since then that were not refused.
        refused: requests since then that were.
        in_row: how many of the last ones were refused.
        pauses: how many pauses there were in a row after which nothing was accepted.
        cuts: how often the rate was cut by more than a bit.
    """

    low: float
    plateau: float | None
    cut_at: float
    epoch: int = 1
    busy: float = 0.0
    held: float = 0.0
    accepted: int = 0
    refused: int = 0
    in_row: int = 0
    pauses: int = 0
    cuts: int = 0

    @property
    def rate(self) -> float:
        """Requests a second now."""
        if self.plateau is None:
            return min(_MOST, self.low * math.exp2(min(self.busy / _DOUBLED_IN, 30.0)))

        # The first cuts are guesses, so the climb after them is faster.
        sure = min(1.0, self.cuts / _CUTS_TO_BE_SURE)
        back = sure * _within(_BACK / self.low, _BACK_WITHIN)
        if self.busy < back:
            return self.plateau - (self.plateau - self.low) * (1.0 - self.busy / back) ** 3

        slow = sure * _within(_SLOW / self.low, _SLOW_WITHIN)
        beyond = (self.busy - back) / slow
        if beyond <= 1.0:
            return self.plateau * (1.0 + _STEEP * beyond**3)
        doubled = min(30.0, (self.busy - back - slow) / _DOUBLED_BEYOND)
        return min(_MOST, self.plateau * (1.0 + _STEEP) * math.exp2(doubled))

    @property
    def gap(self) -> float:
        """Seconds between two requests. While none is accepted, one is sent at a time to find out."""
        return max(1.0 / self.rate, _pause_after(self.pauses)) if self.pauses else 1.0 / self.rate


def first_limit(accepted: float, now: float, hold: float = 0.0) -> Limit:
    """The limit after the first refusal.

    Args:
        accepted: requests that were accepted in the last second.
        now: the time.
        hold: seconds for which the service asks to wait.
    """
    return Limit(max(LEAST_FIRST, accepted * _FIRST_SHARE), None, now, held=hold)


def after_refusal(limit: Limit, now: float, hold: float = 0.0, held_for: float = 0.0) -> tuple[Limit, float]:
    """The limit after another refusal, of a request that was sent in the current epoch.

    Args:
        limit: the limit so far, without the refusal.
        now: the time.
        hold: seconds for which the service asks to wait.
        held_for: seconds for which nothing is sent anyway.

    Returns:
        The new limit, and the seconds for which no request is to be sent.
    """
    limit = attrs.evolve(limit, refused=limit.refused + 1, in_row=limit.in_row + 1)
    elapsed = now - limit.cut_at
    active = elapsed - limit.held + held_for
    if limit.accepted and elapsed >= _BETWEEN and active > 0:
        return _cut(limit, elapsed, active, now, hold, max(0.0, hold - held_for)), hold

    if hold or limit.in_row >= (1 if limit.pauses else _IN_ROW):
        # Nothing is accepted: a window is used up, or the limit is far below. How far is not known yet, so
        # the rate stays, and the pauses become longer.
        pauses = 0 if hold else limit.pauses + 1
        hold = hold or _pause_after(pauses)
        epoch, held = limit.epoch + 1, limit.held + max(0.0, hold - held_for)
        low = limit.low if pauses < 5 else max(_LEAST, limit.low / 2)
        return attrs.evolve(limit, low=low, epoch=epoch, held=held, in_row=0, pauses=pauses), hold
    return limit, 0.0


def _cut(limit: Limit, elapsed: float, active: float, now: float, hold: float, more: float) -> Limit:
    """The limit after a cut of the rate."""
    count = limit.accepted + limit.refused
    few = max(1.0, _FEW * count) if limit.plateau else max(2.0, _FEW_AT_FIRST * count)
    if limit.refused <= few and hold < _COSTLY:
        # It came too early by chance, or the rate is just above the limit.
        lighter = attrs.evolve(
            limit,
            low=limit.low * _LOW_OF_FEW,
            epoch=limit.epoch + 1,
            held=limit.held + more,
            accepted=min(limit.accepted, _RECENT),
        )
        if limit.plateau is not None:
            lighter.low, lighter.plateau = limit.rate * _LOW_OF_FEW, limit.rate * _PLATEAU_OF_FEW
            lighter.busy = 0.0
        return lighter

    # In an overload the service accepts as many as it can. So this is its rate.
    estimate = limit.rate * (1.0 - limit.refused / (count + _FEWEST))
    used = limit.busy / active  # requests may come later than their turns
    if limit.held and used > 0.7:
        mean = limit.accepted / elapsed / min(used, 1.0)
        estimate = min(estimate, mean if limit.held >= _LONG_HOLD else max(mean, estimate * _SHORT_HOLD))
    estimate = max(estimate, limit.rate * _MOST_CUT, _LEAST)
    low, plateau, cuts = estimate * _LOW, estimate * _PLATEAU, limit.cuts + 1
    return Limit(low, plateau, now, limit.epoch + 1, held=hold, cuts=cuts)


def _pause_after(pauses: int) -> float:
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (pauses - 1))


def _within(seconds: float, bounds: tuple[float, float]) -> float:
    return min(max(seconds, bounds[0]), bounds[1])
