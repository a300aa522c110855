"""Estimate the rate of requests that a service accepts: AIMD, with a climb as in TCP CUBIC. No I/O.

Nobody knows the limit of a service. A refusal (429) shows that it is below the current rate, or that a few
requests came too close together. In an overload the service accepts as many requests as it can, so what it
has accepted since the last cut is its limit. The rate is cut to a little less, climbs back, stays there for a
while, and then climbs faster and faster, in case the limit has gone.
"""

from __future__ import annotations

import math

import attrs

__all__ = ["Limit", "after_refusal", "first_limit"]

_LEAST_FIRST = 5.0  # requests a second to begin with, if fewer were accepted so far
_LEAST, _MOST = 0.02, 10_000.0  # requests a second
_FIRST_SHARE = 0.9  # of the requests that were accepted in the second before the first refusal
_DOUBLED_IN = 1.5  # seconds, while the limit is not known

# The climb after a cut.
_LOW, _PLATEAU = 0.94, 0.975  # of the estimated limit: where it begins, and where it slows down
_BACK, _BACK_WITHIN = 60.0, (2.0, 5.0)  # requests to climb to there, and within how many seconds
_SLOW, _SLOW_WITHIN = 150.0, (5.0, 20.0)  # the same for the climb beyond it
_STEEP = 0.05  # how much higher the rate is after that
_DOUBLED_BEYOND = 4.0  # seconds in which what it is higher doubles from there: the limit may have gone
_PER_HOLD = 20.0  # so many times as long as a pause that a refusal costs, the climb beyond takes at least

# When a refusal is a reason to cut, and how far.
_ENOUGH, _ENOUGH_FOR = 20, 1.0  # requests, and seconds, that tell how many are accepted in an overload
_AGAIN, _AGAIN_WITHIN = 30.0, (1.5, 4.0)  # requests, and within how many seconds, that a cut needs to work
_BUSY = 0.7  # of the time, in which requests have waited for their turns: then the rate was made use of
_RARE, _FEW, _OVERLOAD = 0.015, 0.05, 0.25  # shares of requests that were refused
_AFTER_RARE, _AFTER_FEW, _AFTER_SOME, _AFTER_MANY = 0.99, 0.985, 0.7, 0.4  # of the rate: the limit, at least
_NOISE, _NOISE_FOR = 0.6, 10.0  # of the mean rate in so many seconds: the limit, at least, until an overload
_NOISE_HELD = 2.0  # seconds without requests that are no noise
_NEAR = 1.03  # of the mean rate: the limit, at most, if few were refused

_IN_ROW, _IN_ROW_AGAIN = (
    6,
    2,
)  # refusals that show that nothing is accepted for now; the second, after a pause
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0  # seconds without requests then; doubled with each
_MANY_PAUSES = 5  # in a row: from then on the rate is halved with each
_FORGOTTEN_AFTER = 600.0  # seconds without a refusal, and without anybody who waited


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
        best: the highest mean rate of accepted requests since the last overload; 0 if none is known.
        counted: requests that were accepted towards the next mean.
        counted_for: in so many seconds.
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
    best: float = 0.0
    counted: int = 0
    counted_for: float = 0.0
    epoch: int = 0
    busy: float = 0.0
    held: float = 0.0
    accepted: int = 0
    refused: int = 0
    in_row: int = 0
    pauses: int = 0

    def count_accepted(self, epoch: int) -> None:
        """Note that a request was not refused.

        Args:
            epoch: the epoch in which it was sent.
        """
        self.accepted += 1
        self.in_row = 0
        if epoch == self.epoch:
            self.pauses = 0

    def is_forgotten(self, waited_at: float, now: float) -> bool:
        """Whether it is so long ago that requests were refused, or waited, that there may be no limit.

        Args:
            waited_at: when a request waited last.
            now: the time.
        """
        return now - max(waited_at, self.cut_at) > _FORGOTTEN_AFTER

    @property
    def rate(self) -> float:
        """Requests a second now."""
        if self.plateau is None:
            return min(_MOST, self.low * math.exp2(min(self.busy / _DOUBLED_IN, 30.0)))

        back = _within(_BACK / self.low, _BACK_WITHIN)
        if self.busy < back:
            return self.plateau - (self.plateau - self.low) * (1.0 - self.busy / back) ** 3

        slow = max(_within(_SLOW / self.low, _SLOW_WITHIN), _PER_HOLD * self.costs)
        beyond = (self.busy - back) / slow
        if beyond <= 1.0:
            return self.plateau * (1.0 + _STEEP * beyond**3)
        doubled = min(30.0, (self.busy - back - slow) / _DOUBLED_BEYOND)
        return min(_MOST, self.plateau * (1.0 + _STEEP * math.exp2(doubled)))


def first_limit(accepted: float, now: float, epoch: int, hold: float = 0.0) -> Limit:
    """The limit after the first refusal.

    Args:
        accepted: requests that were accepted in the last second.
        now: the time.
        epoch: how often the pace has slowed down, this time included.
        hold: seconds for which the service asks to wait.
    """
    return Limit(max(_LEAST_FIRST, accepted * _FIRST_SHARE), None, now, epoch=epoch, held=hold)


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
    active = now - limit.cut_at - limit.held + held_for
    if limit.accepted and _is_enough(limit, active):
        return _cut(limit, active, now, hold, held_for), hold

    if hold or limit.in_row >= (_IN_ROW_AGAIN if limit.pauses else _IN_ROW):
        # Nothing is accepted: a window is used up, or the limit is far below. How far is not known yet, so
        # the rate stays, and the pauses become longer.
        pauses = 0 if hold else limit.pauses + 1
        hold = hold or _pause_after(pauses)
        low = limit.low if pauses < _MANY_PAUSES else max(_LEAST, limit.low / 2)
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
    return limit.refused >= _OVERLOAD * count or active >= _within(_AGAIN / limit.rate, _AGAIN_WITHIN)


def _cut(limit: Limit, active: float, now: float, hold: float, held_for: float) -> Limit:
    """The limit after a cut of the rate."""
    share = limit.refused / (limit.accepted + limit.refused)
    # A pause is part of what a window allows: its mean rate is the limit.
    accepted = limit.accepted / max(active, now - limit.cut_at - limit.costs)

    best, counted, counted_for = _best(limit, share, active)
    estimate = max(_LEAST, best * _NOISE, _estimate(limit, accepted, share, active))

    return Limit(
        estimate * _LOW,
        estimate * _PLATEAU,
        now,
        costs=hold,
        best=best,
        counted=counted,
        counted_for=counted_for,
        epoch=limit.epoch + 1,
        held=max(0.0, hold - held_for),
    )


def _best(limit: Limit, share: float, active: float) -> tuple[float, int, float]:
    """The new values of `best`, `counted` and `counted_for`.

    Some services refuse a few requests at any rate. Each such refusal is a reason to go a bit slower, and
    without a bound they would bring the rate down to nothing.
    """
    if share >= _OVERLOAD:
        return 0.0, 0, 0.0
    if limit.held > _NOISE_HELD:
        return limit.best, 0, 0.0  # a window is used up: its requests come faster than they may on average

    counted, counted_for = limit.counted + limit.accepted, limit.counted_for + active
    if counted_for < _NOISE_FOR:
        return limit.best, counted, counted_for
    return max(limit.best, counted / counted_for), 0, 0.0


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
        return min(rate, max(accepted, rate * _AFTER_MANY))
    if plateau is None or limit.busy < _BUSY * active:
        return rate * max(_AFTER_MANY, min(_AFTER_FEW, 1.0 - share))
    if share > _FEW:
        return min(rate, max(accepted, rate * (_AFTER_SOME if share < _OVERLOAD else _AFTER_MANY)))

    # The limit is near the mean rate. If it has gone up, the current rate is nearer.
    near = min(rate * _AFTER_FEW, accepted * _NEAR)
    if rate > plateau * (1.0 + _STEEP):
        return (near + rate) / 2
    return max(near, rate * _AFTER_RARE) if share <= _RARE else near


def _pause_after(pauses: int) -> float:
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (pauses - 1))


def _within(seconds: float, bounds: tuple[float, float]) -> float:
    return min(max(seconds, bounds[0]), bounds[1])
