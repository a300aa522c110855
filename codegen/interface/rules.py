"""Rules between body members, read from the ``x-a2e-…`` extensions that the overlay adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codegen.document.tree import SpecError
from codegen.interface.families import Endpoint
from codegen.interface.model import Condition, Rules
from codegen.interface.values import Keyword

__all__ = ["RULE_PARTS", "rules_of"]

GIVEN = "*"
"""Stands for any value in a condition."""

RULE_PARTS = frozenset({"when", "all", "any", "only", "most"})
"""Parts of a rule that applies under a condition; each names body members."""


def rules_of(endpoint: Endpoint, keywords: Sequence[Keyword]) -> Rules:
    """The rules of an operation.

    Raises:
        SpecError: a rule names a member that the body does not have, or is not a rule.
    """
    names = {one.key: one.name for one in keywords}

    def name_of(key: Any) -> str:
        if key not in names:
            raise SpecError(f"a rule names {key!r}, which the body does not have")
        return names[key]

    def groups(extension: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(name_of, group)) for group in endpoint.operation.get(extension, ()))

    needs = []

    for rule in endpoint.operation.get("x-a2e-needs", ()):
        if not isinstance(rule, Mapping) or not rule.get("when") or set(rule) - RULE_PARTS:
            raise SpecError(f"not a rule: {rule!r}")

        when = {
            name_of(key): None if values == GIVEN else tuple(values) for key, values in rule["when"].items()
        }
        needs.append(
            Condition(
                when,
                tuple(map(name_of, rule.get("all", ()))),
                tuple(map(name_of, rule.get("any", ()))),
                {name_of(key): tuple(values) for key, values in rule.get("only", {}).items()},
                {name_of(key): _number(limit, rule) for key, limit in rule.get("most", {}).items()},
            )
        )

    return Rules(groups("x-a2e-any-of"), groups("x-a2e-exclusive"), tuple(needs))


def _number(limit: Any, rule: Any) -> float:
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise SpecError(f"not a rule: {rule!r}")
    return limit
