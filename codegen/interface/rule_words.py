"""Rules between keywords in plain English, for docstrings and for the report on changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.interface.model import Condition, Rules
from codegen.interface.words import listing

__all__ = ["any_of_words", "condition_words", "exclusive_words", "rules_sentences", "rules_words"]


def any_of_words(names: Sequence[str]) -> str:
    """The rule that one of some keywords is needed."""
    return f"At least one of {listing(names, 'and')} is needed."


def exclusive_words(names: Sequence[str]) -> str:
    """The rule that some keywords exclude each other."""
    return f"Only one of {listing(names, 'and')} may be given."


def condition_words(condition: Condition) -> str:
    """One rule that applies under a condition."""
    return _sentence(_consequence(condition), [condition])


def rules_words(rules: Rules) -> str:
    """All rules of an operation, as one text."""
    return " ".join(rules_sentences(rules))


def rules_sentences(rules: Rules) -> list[str]:
    """All rules of an operation; conditions with the same consequence share a sentence."""
    grouped: dict[str, list[Condition]] = {}
    sentences = [*map(any_of_words, rules.any_of), *map(exclusive_words, rules.exclusive)]

    for one in rules.needs:
        consequence = _consequence(one)
        # Without a consequence the combination itself is refused, so each needs its own sentence.
        grouped.setdefault(consequence or condition_words(one), []).append(one)

    return sentences + [_sentence(_consequence(group[0]), group) for group in grouped.values()]


def _sentence(consequence: str, conditions: Sequence[Condition]) -> str:
    cases = [[_case(name, values) for name, values in one.when.items()] for one in conditions]
    if not consequence:
        *others, last = cases[0]
        return f"{last} cannot be combined with {' and '.join(others)}." if others else f"{last} is refused."

    plain = all(len(parts) == 1 and " or " not in parts[0] for parts in cases)
    joined = [" and ".join(parts) for parts in cases]
    return f"{consequence} with {listing(joined, 'or') if plain else ', or with '.join(joined)}."


def _consequence(condition: Condition) -> str:
    """What the condition demands, "" where it refuses the combination itself."""
    needed = [name for name in condition.all_of if name not in condition.only]
    needed += [listing(condition.any_of, "or")] if condition.any_of else []

    parts = [f"{listing(needed, 'and')} {'is' if len(needed) == 1 else 'are'} needed"] if needed else []
    for name, values in condition.only.items():
        verb = "must" if name in condition.all_of else "can only"
        parts.append(f"{name} {verb} be {listing([str(one) for one in values], 'or')}")
    parts += [f"{name} is at most {limit}" for name, limit in condition.most.items()]
    return listing(parts, "and") if parts else ""


def _case(name: str, values: Sequence[Any] | None) -> str:
    """One keyword of a condition, and the values that make it apply."""
    if values is None:
        return name
    given = [str(one) for one in values if one is not None]
    if not given:
        return f"no {name}"
    return f"{name} {listing([*given, 'left out'] if None in values else given, 'or')}"
