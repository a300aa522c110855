"""Rules between body members, from the ``x-a2e-…`` extensions that the overlay adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codegen.document.tree import Document, SpecError, json_schema, merged_properties, operations, resolve
from codegen.interface.families import Endpoint
from codegen.interface.model import Condition, Rules
from codegen.interface.values import Keyword

__all__ = ["drop_stale_rules", "rules_of"]

GIVEN = "*"
_PARTS = frozenset({"when", "all", "any", "only", "most"})


def rules_of(endpoint: Endpoint, keywords: Sequence[Keyword]) -> Rules:
    """The rules of an operation.

    Raises:
        SpecError: a rule names what the body does not have, or is not a rule.
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
        if not isinstance(rule, Mapping) or not rule.get("when") or set(rule) - _PARTS:
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


def drop_stale_rules(document: Document) -> list[str]:
    """Take the rules out that name what a body does not have, in place.

    Returns: what was taken out, one line each.
    """
    dropped = []
    for ref in operations(document):
        body = json_schema(resolve(document, ref.operation.get("requestBody")))
        members = set(merged_properties(document, body)[0])
        for extension in ("x-a2e-any-of", "x-a2e-exclusive", "x-a2e-needs"):
            rules = ref.operation.get(extension, [])
            for rule in list(rules):
                missing = sorted(_named(rule) - members)
                if missing:
                    rules.remove(rule)
                    dropped.append(f"{ref}: {extension} names {', '.join(missing)}: left out")
    return dropped


def _named(rule: Any) -> set[str]:
    if not isinstance(rule, Mapping):
        return set(rule)
    return {key for part in _PARTS for key in rule.get(part, ())}
