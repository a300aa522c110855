"""What goes wrong with each request and each new task: drawn by script, rate limit and probability."""

from __future__ import annotations

import fnmatch
import functools
import random
from collections import deque
from collections.abc import Iterable

import attrs

from a2e_async.sandbox.faults import BEFORE, KINDS, Faults

__all__ = ["Fate", "FaultPlan", "Verdict", "matches"]

_FILES = frozenset({"upload", "download"})
_STARTS = frozenset({"start"})
_NOT_OF_FILES = frozenset(
    {
        "code_200",
        "duplicate",
        "empty_200",
        "late_504",
        "maintenance",
        "null_data",
        "status_404",
        "status_405",
        "truncated",
        "truncated_json",
    }
)
_ONLY_OF: dict[str, frozenset[str]] = {
    "cut": _FILES,
    "error_page": frozenset({"download"}),
    "no_id": _STARTS,
    "data_is_id": _STARTS,
    "id_elsewhere": _STARTS,
}


@attrs.frozen
class Verdict:
    """The decision about one request: a kind of fault or ``ok``, an extra latency, and the fault's number."""

    kind: str = "ok"
    latency: float = 0.0
    retry_after: float | None = None
    delay: float = 0.0
    cut_after: int | None = None

    @property
    def before(self) -> bool:
        """Whether the fault comes instead of the work."""
        return self.kind in BEFORE


@attrs.frozen
class Fate:
    """The decision about one new task."""

    fails: bool = False
    vanishes: bool = False
    visible_after: float = 0.0
    output_after: float = 0.0


_FINE = Verdict()
_PLAIN = Fate()


@functools.cache
def _kinds_of(role: str) -> frozenset[str]:
    """The kinds that can be drawn for operations with a role."""
    kinds = frozenset(kind for kind in KINDS if role in _ONLY_OF.get(kind, {role}))
    return kinds - _NOT_OF_FILES if role in _FILES else kinds


def matches(selector: str, role: str, name: str, key: str) -> bool:
    """Whether a selector matches an operation with this role, name and key."""
    if selector in (role, name, key) or (selector == "api" and role not in ("upload", "download")):
        return True
    return "*" in selector and (fnmatch.fnmatchcase(name, selector) or fnmatch.fnmatchcase(key, selector))


class FaultPlan:
    """The faults in force. Only the server's thread uses it."""

    def __init__(self, rules: Iterable[Faults], seed: int) -> None:
        self._random = random.Random(seed)
        self.scripts: dict[str, deque[str]] = {}
        self.replace(rules)

    def replace(self, rules: Iterable[Faults]) -> None:
        """Replace all rules. Scripts that have not been played are dropped."""
        self.rules = tuple(rules)
        self.scripts.clear()
        self._by_key: dict[str, tuple[Faults, ...]] = {}
        self._missing: dict[str, bool] = {}  # key -> whether the operation does not exist
        self._free_at: dict[int, float] = {}  # id of a rule -> when its next request is let through

        for rule in self.rules:
            for selector, kinds in rule.script.items():
                self.script(selector, kinds)

    def script(self, selector: str, kinds: Iterable[str]) -> None:
        """Add one-shot faults for the next requests that a selector matches.

        Raises:
            ValueError: one of the kinds is not a fault.
        """
        kinds = list(kinds)
        for kind in kinds:
            bare = kind.partition(":")[0]
            if bare not in KINDS and bare not in ("ok", "latency"):
                raise ValueError(f"{kind!r} is not a fault; there are {', '.join(KINDS)}, ok and latency")

        self.scripts.setdefault(selector, deque()).extend(kinds)

    def _rules(self, role: str, name: str, key: str) -> tuple[Faults, ...]:
        if key not in self._by_key:
            self._by_key[key] = tuple(
                rule
                for rule in self.rules
                if any(matches(selector, role, name, key) for selector in rule.operations)
            )
        return self._by_key[key]

    def draw(self, role: str, name: str, key: str, now: float) -> Verdict:
        """Decide about one request: by script, by missing routes, by rate limit, then by probability."""
        for selector, waiting in self.scripts.items():
            if waiting and matches(selector, role, name, key):
                return self._scripted(waiting.popleft(), self._rules(role, name, key))

        if not self.rules:
            return _FINE
        if self._is_missing(role, name, key):
            return Verdict("status_404")
        rules = self._rules(role, name, key)
        limited = self._limited(rules, now)
        if limited is not None:
            return limited

        kind, latency, rule = "ok", 0.0, None
        allowed = _kinds_of(role)
        for candidate in rules:
            if candidate.latency or candidate.jitter:
                latency += max(0.0, self._random.gauss(candidate.latency, candidate.jitter))
            if rule is None and candidate.odds:
                drawn = self._draw_kind(candidate, allowed)
                if drawn is not None:
                    kind, rule = drawn, candidate

        if rule is None:
            return Verdict(latency=latency) if latency else _FINE
        delay = self._random.uniform(0.0, rule.late_by) if kind == "late_504" else 0.0
        return Verdict(kind, latency, rule.retry_after, delay, rule.cut_after)

    def _is_missing(self, role: str, name: str, key: str) -> bool:
        """Whether a rule says that the operation does not exist."""
        if key not in self._missing:
            selectors = {selector for rule in self.rules for selector in rule.missing_route}
            self._missing[key] = any(matches(selector, role, name, key) for selector in selectors)
        return self._missing[key]

    def _draw_kind(self, rule: Faults, allowed: frozenset[str]) -> str | None:
        """One of the rule's kinds, or None. A single number decides, so at most one kind is drawn."""
        point = self._random.random()
        for kind, chance in rule.odds:
            if kind not in allowed:
                continue
            point -= chance
            if point < 0:
                return kind
        return None

    def _limited(self, rules: tuple[Faults, ...], now: float) -> Verdict | None:
        """The 429 of a rate limit that is exceeded, or None."""
        for rule in rules:
            if rule.rate_limit:
                gap = 1 / rule.rate_limit
                empty_at = max(self._free_at.get(id(rule), 0.0), now - (rule.burst - 1) * gap)
                if now < empty_at:
                    return Verdict("status_429", retry_after=round(empty_at - now, 3))
                self._free_at[id(rule)] = empty_at + gap
        return None

    def _scripted(self, step: str, rules: tuple[Faults, ...]) -> Verdict:
        """The fault of one step of a script. A number that it leaves out comes from the first rule."""
        kind, _, text = step.partition(":")
        number = float(text) if text else None
        if kind == "latency":
            return Verdict(latency=number or 0.0)

        rule = rules[0] if rules else Faults()
        delay = 0.0
        if kind == "late_504":
            delay = self._random.uniform(0.0, rule.late_by) if number is None else number
        return Verdict(
            kind,
            retry_after=rule.retry_after if number is None else number,
            delay=delay,
            cut_after=rule.cut_after if number is None else int(number),
        )

    def fate(self, role: str, name: str, key: str) -> Fate:
        """Decide about one new task."""
        if not self.rules:
            return _PLAIN

        fails = vanishes = False
        visible_after = output_after = 0.0
        for rule in self._rules(role, name, key):
            fails = fails or self._random.random() < rule.task_fails
            vanishes = vanishes or self._random.random() < rule.task_vanishes
            if rule.late_visibility and self._random.random() < rule.late_visibility:
                visible_after = max(visible_after, rule.visible_after)
            if rule.late_output and self._random.random() < rule.late_output:
                output_after = max(output_after, rule.output_after)
        return Fate(fails, vanishes, visible_after, output_after)
