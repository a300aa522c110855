"""Rules between the keywords of one operation: what is needed together and what excludes what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from a2e_async.errors import InvalidArgument

__all__ = ["NEVER_SENT", "Need", "check_rules"]

NEVER_SENT = frozenset({"minor_suspected_skip"})
"""Body members that override a finding about a minor. This package does not send them."""


@attrs.frozen
class Need:
    """Under a condition other keywords are needed; with neither list the combination is refused.

    Attributes:
        when: for each keyword the values that it must have for the rule to apply; None among them is: not
            given. None instead of values is: given, whatever it is.
        all_of: every one of these is needed then.
        any_of: at least one of these is needed then.
    """

    when: Mapping[str, Sequence[Any] | None]
    all_of: Sequence[str] = ()
    any_of: Sequence[str] = ()

    def applies(self, given: Mapping[str, Any]) -> bool:
        """Whether the condition holds."""
        return all(
            (given.get(name) is not None) if values is None else (given.get(name) in values)
            for name, values in self.when.items()
        )

    def check(self, given: Mapping[str, Any]) -> None:
        """Raise `InvalidArgument` if the condition holds and what is needed then is not given."""
        if not self.applies(given):
            return
        missing = [name for name in self.all_of if given.get(name) is None]
        if missing:
            raise InvalidArgument(missing[0], f"is required {self._condition(given)}")
        if self.any_of and all(given.get(name) is None for name in self.any_of):
            raise InvalidArgument(
                self.any_of[0], f"{_one_of(self.any_of)} is required {self._condition(given)}"
            )
        if not self.all_of and not self.any_of:
            last = list(self.when)[-1]
            raise InvalidArgument(
                last, f"{given.get(last)!r} cannot be combined {self._condition(given, last)}"
            )

    def _condition(self, given: Mapping[str, Any], but: str = "") -> str:
        parts = [
            f"without {name}"
            if given.get(name) is None
            else f"with {name}"
            if values is None
            else f"with {name}={given[name]!r}"
            for name, values in self.when.items()
            if name != but
        ]
        return " and ".join(parts)


def check_rules(
    given: Mapping[str, Any],
    any_of: Sequence[Sequence[str]],
    exclusive: Sequence[Sequence[str]],
    needs: Sequence[Need],
) -> None:
    """Check the keywords of one call against each other.

    Args:
        given: keywords and their values; None is: not given.
        any_of: of each group at least one is needed.
        exclusive: of each group at most one may be given.
        needs: conditional needs.

    Raises:
        InvalidArgument: names the keyword and what is allowed.
    """
    for name in NEVER_SENT.intersection(given):
        raise InvalidArgument(name, "this package does not send it")
    for group in any_of:
        if all(given.get(name) is None for name in group):
            raise InvalidArgument(group[0], f"{_one_of(group)} is required")
    for group in exclusive:
        present = [name for name in group if given.get(name) is not None]
        if len(present) > 1:
            raise InvalidArgument(present[1], f"cannot be given together with {present[0]}")
    for need in needs:
        need.check(given)


def _one_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
