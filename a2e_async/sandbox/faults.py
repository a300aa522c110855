"""Faults on demand: what goes wrong, how often, and in which operations."""

from __future__ import annotations

import fnmatch
import functools
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

__all__ = ["KINDS", "Fate", "FaultPlan", "Faults", "Verdict"]

BEFORE = (
    "status_403",  # refused
    "status_429",  # refused, with Retry-After: `retry_after` (or `kind:seconds` in a script)
    "status_500",
    "status_502",
    "status_503",
    "status_504",
    "reset_before",  # connection reset, nothing done
    "redirect",  # 302 to another path of the file origin, nothing done
    "html",  # 200 with an HTML page, nothing done
    "null_data",  # 200 with data null, nothing done
)
AFTER = (
    "reset_after",  # done, then the connection is reset
    "status_500_after",
    "status_502_after",
    "status_504_after",
    "late_504",  # 504 at once; the work is done up to `late_by` seconds later
    "truncated",  # right Content-Length, half a body, then the connection closes
    "truncated_json",  # complete HTTP, half a JSON text
    "cut",  # uploads and downloads: the connection closes after `cut_after` bytes
)
KINDS = BEFORE + AFTER
FILE_KINDS = frozenset(KINDS) - {"null_data", "late_504", "truncated", "truncated_json"}
API_KINDS = frozenset(KINDS) - {"cut"}
"""Every name a script may use, besides ``ok`` and ``latency:<seconds>``."""


def _probability(_instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{attribute.name}: {value!r} is not a probability from 0 to 1")


def _selectors(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _p() -> float:
    return attrs.field(default=0.0, validator=_probability)


@attrs.frozen(kw_only=True, slots=False)
class Faults:
    """What goes wrong in some operations. Probabilities are 0 to 1, times are seconds of the sandbox's clock.

    Attributes:
        operations: selectors: an operation (``image_to_video.start``), a key (``POST /api/v1/…``), a glob
            of either, or a role: ``start``, ``detail``, ``batch``, ``list``, ``delete``, ``upload``,
            ``download``, ``api`` (everything but uploads and downloads; the default).
        latency: mean extra time before an answer; `jitter` is its standard deviation.
        rate_limit: requests a second beyond which all of these operations together answer 429, with a
            Retry-After of the time until the next one is let through.
        late_visibility: share of new tasks that lists show only `visible_after` seconds later.
        task_fails: share of new tasks that fail; `task_vanishes`: that are gone halfway.
        cut_after: bytes sent before a `cut`; None cuts in the middle.
        script: selector -> kinds for the next requests, one each, before any probability is tried:
            a name of `KINDS`, ``ok``, or ``name:number`` (Retry-After, delay, bytes, latency).
    """

    operations: tuple[str, ...] = attrs.field(default=("api",), converter=_selectors)
    latency: float = 0.0
    jitter: float = 0.0
    status_403: float = _p()
    status_429: float = _p()
    retry_after: float | None = 1.0
    rate_limit: float | None = None
    status_500: float = _p()
    status_502: float = _p()
    status_503: float = _p()
    status_504: float = _p()
    reset_before: float = _p()
    redirect: float = _p()
    html: float = _p()
    null_data: float = _p()
    reset_after: float = _p()
    status_500_after: float = _p()
    status_502_after: float = _p()
    status_504_after: float = _p()
    late_504: float = _p()
    late_by: float = 60.0
    truncated: float = _p()
    truncated_json: float = _p()
    cut: float = _p()
    cut_after: int | None = None
    late_visibility: float = _p()
    visible_after: float = 10.0
    task_fails: float = _p()
    task_vanishes: float = _p()
    script: Mapping[str, Sequence[str]] = attrs.field(factory=dict)

    @functools.cached_property
    def odds(self) -> tuple[tuple[str, float], ...]:
        """(kind, probability) of those above 0."""
        pairs = ((kind, getattr(self, kind)) for kind in KINDS)
        return tuple((kind, chance) for kind, chance in pairs if chance)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Faults:
        """From what PUT /sandbox/faults was sent.

        Raises: ValueError: it has a member that is not a fault.
        """
        unknown = set(raw) - {field.name for field in attrs.fields(cls)}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return cls(**raw)


@attrs.frozen
class Verdict:
    """What happens to one request: a fault or none, a delay, and the fault's number."""

    kind: str = "ok"
    latency: float = 0.0
    retry_after: float | None = None
    delay: float = 0.0
    cut_after: int | None = None

    @property
    def before(self) -> bool:
        """Whether the work is not done at all."""
        return self.kind in BEFORE


@attrs.frozen
class Fate:
    """What happens to one new task."""

    fails: bool = False
    vanishes: bool = False
    visible_after: float = 0.0


_FINE = Verdict()
_PLAIN = Fate()


def matches(selector: str, role: str, name: str, key: str) -> bool:
    """Whether a selector means this operation."""
    if selector in (role, name, key) or (selector == "api" and role not in ("upload", "download")):
        return True
    return "*" in selector and (fnmatch.fnmatchcase(name, selector) or fnmatch.fnmatchcase(key, selector))


class FaultPlan:
    """The faults in force. Used in the server's thread only."""

    def __init__(self, rules: Iterable[Faults], seed: int) -> None:
        self._random = random.Random(seed)
        self.scripts: dict[str, deque[str]] = {}
        self.replace(rules)

    def replace(self, rules: Iterable[Faults]) -> None:
        """Put other rules in force; scripts not yet played are dropped."""
        self.rules = tuple(rules)
        self.scripts.clear()
        self._found: dict[str, tuple[Faults, ...]] = {}
        self._free_at: dict[int, float] = {}  # rule -> when its next request is let through
        for rule in self.rules:
            for selector, kinds in rule.script.items():
                self.script(selector, kinds)

    def script(self, selector: str, kinds: Iterable[str]) -> None:
        """Add one-shot faults for the next requests of some operation."""
        kinds = list(kinds)
        for kind in kinds:
            bare = kind.partition(":")[0]
            if bare not in KINDS and bare not in ("ok", "latency"):
                raise ValueError(f"{kind!r} is not a fault; there are {', '.join(KINDS)}, ok and latency")
        self.scripts.setdefault(selector, deque()).extend(kinds)

    def _rules(self, role: str, name: str, key: str) -> tuple[Faults, ...]:
        if key not in self._found:
            self._found[key] = tuple(
                rule
                for rule in self.rules
                if any(matches(selector, role, name, key) for selector in rule.operations)
            )
        return self._found[key]

    def draw(self, role: str, name: str, key: str, now: float) -> Verdict:
        """Decide about one request."""
        for selector, waiting in self.scripts.items():
            if waiting and matches(selector, role, name, key):
                return self._scripted(waiting.popleft(), self._rules(role, name, key))
        if not self.rules:
            return _FINE
        limited = self._limited(self._rules(role, name, key), now)
        if limited is not None:
            return limited
        kind, latency, rule = "ok", 0.0, None
        allowed = FILE_KINDS if role in ("upload", "download") else API_KINDS
        for candidate in self._rules(role, name, key):
            if candidate.latency or candidate.jitter:
                latency += max(0.0, self._random.gauss(candidate.latency, candidate.jitter))
            if rule is None and candidate.odds:
                point = self._random.random()
                for possible, chance in candidate.odds:
                    if possible not in allowed:
                        continue
                    point -= chance
                    if point < 0:
                        kind, rule = possible, candidate
                        break
        if rule is None:
            return Verdict(latency=latency) if latency else _FINE
        delay = self._random.uniform(0.0, rule.late_by) if kind == "late_504" else 0.0
        return Verdict(kind, latency, rule.retry_after, delay, rule.cut_after)

    def _limited(self, rules: tuple[Faults, ...], now: float) -> Verdict | None:
        for rule in rules:
            if rule.rate_limit:
                free_at = self._free_at.get(id(rule), 0.0)
                if now < free_at:
                    return Verdict("status_429", retry_after=round(free_at - now, 3))
                self._free_at[id(rule)] = now + 1 / rule.rate_limit
        return None

    def _scripted(self, given: str, rules: tuple[Faults, ...]) -> Verdict:
        kind, _, text = given.partition(":")
        number = float(text) if text else None
        rule = rules[0] if rules else Faults()
        if kind == "latency":
            return Verdict(latency=number or 0.0)
        return Verdict(
            kind,
            retry_after=rule.retry_after if number is None else number,
            delay=(self._random.uniform(0.0, rule.late_by) if number is None else number)
            if kind == "late_504"
            else 0.0,
            cut_after=rule.cut_after if number is None else int(number),
        )

    def fate(self, role: str, name: str, key: str) -> Fate:
        """Decide about one new task."""
        if not self.rules:
            return _PLAIN
        fails = vanishes = False
        visible_after = 0.0
        for rule in self._rules(role, name, key):
            fails = fails or self._random.random() < rule.task_fails
            vanishes = vanishes or self._random.random() < rule.task_vanishes
            if rule.late_visibility and self._random.random() < rule.late_visibility:
                visible_after = max(visible_after, rule.visible_after)
        return Fate(fails, vanishes, visible_after)
