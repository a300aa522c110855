"""Rules between the keywords of an operation: one keyword may require, exclude or limit another. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from a2e_async._spec.field import anyway, shown
from a2e_async.errors import InvalidArgument

__all__ = ["NEVER_SENT", "Need", "check_never_sent", "check_rules"]

NEVER_SENT = frozenset({"minor_suspected_skip"})
"""Body members that override a finding about a minor. This package never sends them."""


@attrs.frozen
class Need:
    """A rule that applies under a condition. Without a consequence, the combination itself is refused.

    Attributes:
        when: the condition: for each keyword, the values for which the rule applies. None among the values
            means "absent"; None instead of values means "present, with any value".
        all_of: all of these keywords are then required.
        any_of: at least one of these keywords is then required.
        only: the values that these keywords may then have.
        most: the largest value, or the most items, that these keywords may then have.
    """

    when: Mapping[str, Sequence[Any] | None]
    all_of: Sequence[str] = ()
    any_of: Sequence[str] = ()
    only: Mapping[str, Sequence[Any]] = attrs.field(factory=dict[str, Sequence[Any]])
    most: Mapping[str, float] = attrs.field(factory=dict[str, float])

    def applies(self, given: Mapping[str, Any]) -> bool:
        """Whether the condition holds."""
        return all(
            (given.get(name) is not None) if values is None else (given.get(name) in values)
            for name, values in self.when.items()
        )

    def check(self, given: Mapping[str, Any], unchecked: Collection[str] = ()) -> None:
        """Raise `InvalidArgument` if the condition holds and the consequence does not.

        Args:
            given: keywords and their values; None means absent.
            unchecked: keywords whose values are sent whatever they are.
        """
        if not self.applies(given):
            return

        missing = [name for name in self.all_of if _is_missing(given.get(name))]
        if missing:
            raise InvalidArgument(missing[0], f"is required {self._condition(given)}")
        if self.any_of and all(_is_missing(given.get(name)) for name in self.any_of):
            raise InvalidArgument(
                self.any_of[0], f"{_one_of(self.any_of)} is required {self._condition(given)}"
            )

        for name, values in self.only.items():
            if name not in unchecked and given.get(name) is not None and given[name] not in values:
                allowed = ", ".join(map(repr, values))
                raise InvalidArgument(
                    name, f"{shown(given[name])} is not one of {allowed} {self._condition(given)}{anyway()}"
                )

        for name, most in self.most.items():
            size = _size(given.get(name))
            if name not in unchecked and size is not None and size > most:
                raise InvalidArgument(
                    name, f"{shown(given[name])} is more than {most:g} {self._condition(given)}{anyway()}"
                )

        refuses = not (self.all_of or self.any_of or self.only or self.most)
        if refuses and not any(name in unchecked for name in self.when):
            last = list(self.when)[-1]
            raise InvalidArgument(
                last, f"{given.get(last)!r} cannot be combined {self._condition(given, last)}{anyway()}"
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
    unchecked: Collection[str] = (),
) -> None:
    """Check the keywords of one call against each other.

    Args:
        given: keywords and their values; None means absent.
        any_of: groups of keywords; at least one of each group is required.
        exclusive: groups of keywords; at most one of each group is allowed.
        needs: conditional rules.
        unchecked: keywords whose values are sent whatever they are.

    Raises:
        InvalidArgument: names the keyword and what is allowed.
    """
    check_never_sent(given)

    for group in any_of:
        if all(_is_missing(given.get(name)) for name in group):
            raise InvalidArgument(group[0], f"{_one_of(group)} is required")

    for group in exclusive:
        present = [name for name in group if given.get(name) is not None]
        if len(present) > 1:
            raise InvalidArgument(present[1], f"cannot be given together with {present[0]}")
    for need in needs:
        need.check(given, unchecked)


def check_never_sent(value: Any, where: str = "") -> None:
    """Refuse members that this package never sends, at any depth.

    Raises:
        InvalidArgument: names the member.
    """
    if isinstance(value, Mapping):
        for name, member in value.items():
            if str(name).lower() in NEVER_SENT:
                raise InvalidArgument(f"{where}{name}", "this package does not send it")
            check_never_sent(member, f"{where}{name}.")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_never_sent(item, f"{where.removesuffix('.')}[{index}].")


def _is_missing(value: Any) -> bool:
    """Whether a required value is missing; an empty text or list counts as missing."""
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _size(value: Any) -> float | None:
    if isinstance(value, list | tuple):
        return len(value)
    return value if isinstance(value, int | float) else None


def _one_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
