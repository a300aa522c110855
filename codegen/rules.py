"""Rules between body members, from the ``x-a2e-…`` extensions that the overlay adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.document import SpecError
from codegen.model import Endpoint
from codegen.prose import literal
from codegen.requests import Keyword

__all__ = ["Condition", "Rules", "rules_of"]

GIVEN = "*"


@attrs.frozen
class Condition:
    """One conditional need; names are keywords."""

    when: dict[str, tuple[Any, ...] | None]
    all_of: tuple[str, ...]
    any_of: tuple[str, ...]

    @property
    def code(self) -> str:
        """The expression that makes its `Need`."""
        when = ", ".join(
            f"{literal(name)}: {'None' if values is None else _tuple(values)}"
            for name, values in self.when.items()
        )
        arguments = [f"{{{when}}}"]
        arguments += [f"all_of={_tuple(self.all_of)}"] if self.all_of else []
        arguments += [f"any_of={_tuple(self.any_of)}"] if self.any_of else []
        return f"Need({', '.join(arguments)})"

    @property
    def doc(self) -> str:
        """The rule in words."""
        parts = [_told(name, values) for name, values in self.when.items()]
        if not self.all_of and not self.any_of:
            return f"Not together: {' and '.join(parts)}."
        wanted = [*self.all_of, *([" or ".join(self.any_of)] if self.any_of else [])]
        verb = "is" if len(wanted) == 1 else "are"
        return f"{' and '.join(wanted)} {verb} needed with {' and '.join(parts)}."


@attrs.frozen
class Rules:
    """All rules of one operation; names are keywords."""

    any_of: tuple[tuple[str, ...], ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()
    needs: tuple[Condition, ...] = ()

    @property
    def code(self) -> list[str]:
        """The arguments of the `Operation`."""
        found = []
        if self.any_of:
            found.append(f"any_of=({', '.join(_tuple(group) for group in self.any_of)},)")
        if self.exclusive:
            found.append(f"exclusive=({', '.join(_tuple(group) for group in self.exclusive)},)")
        if self.needs:
            found.append(f"needs=({', '.join(one.code for one in self.needs)},)")
        return found

    @property
    def doc(self) -> str:
        """The rules in words."""
        return " ".join(
            [
                *(f"At least one of {', '.join(group)} is needed." for group in self.any_of),
                *(f"Only one of {', '.join(group)} may be given." for group in self.exclusive),
                *(one.doc for one in self.needs),
            ]
        )


def rules_of(endpoint: Endpoint, keywords: Sequence[Keyword]) -> Rules:
    """The rules of an operation.

    Raises:
        SpecError: a rule names what the body does not have, or is not a rule.
    """
    names = {one.key: one.name for one in keywords}

    def name_of(key: Any) -> str:
        if key not in names:
            raise SpecError(f"{endpoint.ref}: a rule names {key!r}, which the body does not have")
        return names[key]

    def groups(extension: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(name_of, group)) for group in endpoint.operation.get(extension, ()))

    needs = []
    for rule in endpoint.operation.get("x-a2e-needs", ()):
        if not isinstance(rule, Mapping) or not rule.get("when") or set(rule) - {"when", "all", "any"}:
            raise SpecError(f"{endpoint.ref}: not a rule: {rule!r}")
        when = {
            name_of(key): None if values == GIVEN else tuple(values) for key, values in rule["when"].items()
        }
        needs.append(
            Condition(
                when, tuple(map(name_of, rule.get("all", ()))), tuple(map(name_of, rule.get("any", ())))
            )
        )
    return Rules(groups("x-a2e-any-of"), groups("x-a2e-exclusive"), tuple(needs))


def _tuple(values: Sequence[Any]) -> str:
    inner = ", ".join(literal(one) for one in values)
    return f"({inner},)" if len(values) == 1 else f"({inner})"


def _told(name: str, values: Sequence[Any] | None) -> str:
    if values is None:
        return name
    given = [str(one) for one in values if one is not None]
    if len(given) < len(values):
        return f"{name} left out or {', '.join(given)}" if given else f"no {name}"
    return f"{name} {', '.join(given)}"
