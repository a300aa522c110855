"""Estimate the rate of requests that a service accepts: AIMD, with a climb as in TCP CUBIC. No I/O.

Nobody knows the limit of a service. A refusal (429) shows that it is below the current rate. In an overload
the service accepts as many requests as it can, so what it has accepted since the last cut is its limit. The
rate is cut to a little less, climbs back, stays there for a while, and then climbs faster and faster, in case
that the limit has gone.
"""

from __future__ import annotations

import math

import attrs

__all__ = ["Limit", "after_refusal", "first_limit"]

_LEAST_FIRST = 5.0  # requests a second to begin with, if fewer were accepted so far
_LEAST, _MOST = 0.02, 10_000.0  # requests a second
_FIRST_SHARE = 0.9  # of the requests that were accepted in the second before the first refusal
_DOUBLED_IN = 1.5  # seconds, while the limit is not known

_LOW, _PLATEAU = 0.94, 0.975  # of the estimated limit: where the climb begins, and where it slows down
_LOW_RARE, _PLATEAU_RARE = 0.97, 0.985  # the same if few were refused
_BACK, _BACK_WITHIN = 60.0, (2.0, 5.0)  # requests to climb to there, and within how many seconds
_SLOW, _SLOW_WITHIN = 100.0, (5.0, 20.0)  # the same for the climb beyond it; doubled each time it led nowhere
_SAME = 0.05  # the relative difference of two estimates that confirm each other
_MOST_CONFIRMED = 3  # doublings
_STEEP = 0.05  # how much higher the rate is after that
_DOUBLED_BEYOND = 4.0  # seconds in which what it is higher doubles from there: the limit may have gone
_SHORT = 2.0  # seconds: a longer pause that the service asks for is part of a window
_PER_HOLD = 20.0  # so many times as long as a pause that a refusal costs, the climb beyond takes at least

_ENOUGH, _ENOUGH_FOR = 20, 1.0  # requests, and seconds, that tell how many are accepted in an overload
_AGAIN, _AGAIN_WITHIN = 20.0, (1.0, 4.0)  # requests, and within how many seconds, that a cut needs to work;
_AGAIN_CONFIRMED = 2.0  # so many times as long if it has confirmed the one before
_FEW = 0.05  # the share of refusals that is no overload
_HIGHER = 1.5  # of the plateau: from there it is likely that the limit has gone up
_EDGE = 0.985  # of the current rate: the limit, if it was only just met
_NEAR = 1.03  # of the mean rate, the same
_MOST_CUT = 0.4  # the most that one cut leaves
_OVERLOAD = 0.25  # the share of refusals that may show that the limit is lower than it was,
_SURELY, _SURELY_AFTER = 0.5, 3.0  # and does if it is this share, or lasts for so many seconds
_GENTLY, _GENTLY_CONFIRMED = 0.65, 0.85  # of the current rate: the estimate is no lower, unless that is shown
_RARE = 0.015  # the share of refusals that are worth their price
_RARELY = 0.99  # of the current rate: the estimate then
_BUSY = 0.7  # of the time, in which requests have waited for their turns: then the rate was made use of
_SOMEWHAT_BUSY = 0.3  # the same: then it was made use of so far

_IN_ROW = 6  # refusals in a row that show that the service accepts nothing for now,
_STILL = 2  # and that it still does not, after a pause
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0  # seconds without requests then; doubled with each


@attrs.define
class Limit:
    """The estimated limit.

    The rate is a function of the seconds that requests have waited for their turns since the last cut. As
    long as nobody waits, a higher rate would prove nothing.

    Attributes:
        low: requests a second right after the last cut.
        plateau: the rate at which the climb slows down; None while the limit is not known.
        cut_at: when the last cut was.
        costs: seconds that the last refusal has cost, because the service asked to wait.
        confirmed: how many cuts in a row have led to the same estimate.
        epoch: how often the pace has slowed down.
        busy: seconds of turns that were waited for since the last cut.
        held: seconds without requests since then.
        accepted: requests since then that were not refused.
        refused: requests since then that were.
        in_row: how many of the last ones were refused.
        pauses: how many pauses there were in a row after which nothing was accepted.
    """

    low: float
    plateau: float | None
    cut_at: float
    costs: float = 0.0
    confirmed: int = 0
    epoch: int = 1
    busy: float = 0.0
    held: float = 0.0
    accepted: int = 0
    refused: int = 0
    in_row: int = 0
    pauses: int = 0

    @property
    def rate(self) -> float:
        """Requests a second now."""
        if self.plateau is None:
            return min(_MOST, self.low * math.exp2(min(self.busy / _DOUBLED_IN, 30.0)))

        back = _within(_BACK / self.low, _BACK_WITHIN)
        if self.busy < back:
            return self.plateau - (self.plateau - self.low) * (1.0 - self.busy / back) ** 3

        requests = _SLOW * 2**self.confirmed
        slow = max(_within(requests / self.low, _SLOW_WITHIN), _PER_HOLD * self.costs)
        beyond = (self.busy - back) / slow
        if beyond <= 1.0:
            return self.plateau * (1.0 + _STEEP * beyond**3)
        doubled = min(30.0, (self.busy - back - slow) / _DOUBLED_BEYOND)
        return min(_MOST, self.plateau * (1.0 + _STEEP * math.exp2(doubled)))


def first_limit(accepted: float, now: float, hold: float = 0.0) -> Limit:
    """The limit after the first refusal.

    Args:
        accepted: requests that were accepted in the last second.
        now: the time.
        hold: seconds for which the service asks to wait.
    """
    return Limit(max(_LEAST_FIRST, accepted * _FIRST_SHARE), None, now, held=hold)


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
    more = max(0.0, hold - held_for)
    active = now - limit.cut_at - limit.held + held_for
    if limit.accepted and _is_enough(limit, active):
        return _cut(limit, active, now, hold, more), hold

    if hold or limit.in_row >= (_STILL if limit.pauses else _IN_ROW):
        # Nothing is accepted: a window is used up, or the limit is far below. How far is not known yet, so
        # the rate stays, and the pauses become longer.
        pauses = 0 if hold else limit.pauses + 1
        hold = hold or _pause_after(pauses)
        low = limit.low if pauses < 5 else max(_LEAST, limit.low / 2)
        paused = attrs.evolve(
            limit,
            low=low,
            epoch=limit.epoch + 1,
            held=limit.held + max(0.0, hold - held_for),
            in_row=0,
            pauses=pauses,
        )
        return paused, hold
    return limit, 0.0


def _is_enough(limit: Limit, active: float) -> bool:
    """Whether the requests since the last cut tell how many are accepted."""
    count = limit.accepted + limit.refused
    if count < _ENOUGH or active < _ENOUGH_FOR:
        return False
    least = _within(_AGAIN / limit.rate, _AGAIN_WITHIN) * (_AGAIN_CONFIRMED if limit.confirmed else 1.0)
    return limit.refused >= _OVERLOAD * count or active >= least


def _cut(limit: Limit, active: float, now: float, hold: float, more: float) -> Limit:
    """The limit after a cut of the rate."""
    share = limit.refused / (limit.accepted + limit.refused)
    # A pause is part of what a window allows: its mean rate is the limit.
    accepted = limit.accepted / max(active, now - limit.cut_at - min(limit.costs, _SHORT))
    estimate = _estimate(limit, accepted, share, active)
    estimate = max(estimate, limit.rate * _MOST_CUT, _LEAST)
    is_same = limit.plateau is not None and abs(estimate * _PLATEAU / limit.plateau - 1.0) <= _SAME

    low, plateau = (_LOW_RARE, _PLATEAU_RARE) if share <= _RARE else (_LOW, _PLATEAU)
    return Limit(
        estimate * low,
        estimate * plateau,
        now,
        costs=hold,
        confirmed=min(limit.confirmed + 1, _MOST_CONFIRMED) if is_same else 0,
        epoch=limit.epoch + 1,
        held=more,
    )


def _estimate(limit: Limit, accepted: float, share: float, active: float) -> float:
    """The limit, from the requests since the last cut.

    Args:
        limit: what is known.
        accepted: how many were accepted a second.
        share: the share of those that were refused.
        active: seconds in which they were sent.
    """
    rate, plateau = limit.rate, limit.plateau
    if plateau is None and limit.held > _ENOUGH_FOR:
        return min(rate, accepted)
    if plateau is None or limit.busy < _BUSY * active:
        if limit.busy >= _SOMEWHAT_BUSY * active and share >= _OVERLOAD:
            rate = min(rate, accepted / (1.0 - share) * 1.1)
        return rate * min(_EDGE, 1.0 - share)

    if share <= _FEW:
        # The limit is near the mean rate. If it has gone up, the current rate is nearer.
        near = min(rate * _EDGE, accepted * _NEAR)
        if rate > plateau * (1.0 + _STEEP):
            return near + (rate - near) / (2 if rate > plateau * _HIGHER else 3)
        return max(near, rate * _RARELY) if share <= _RARE else near

    is_lower = share >= _OVERLOAD and (share >= _SURELY or active >= _SURELY_AFTER)
    if is_lower:
        return min(rate, accepted)
    return min(rate, max(accepted, rate * (_GENTLY_CONFIRMED if limit.confirmed else _GENTLY)))


def _pause_after(pauses: int) -> float:
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (pauses - 1))


def _within(seconds: float, bounds: tuple[float, float]) -> float:
    return min(max(seconds, bounds[0]), bounds[1])
