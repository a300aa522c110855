"""Names for what is spelled in two ways at once, as when a rename rolls out.

The service takes ``aspectRatio`` and ``aspect_ratio`` for a while. Each stays what it is: one of them gets
the usual name, the other one is called as the document spells it. Nothing is sent under two names.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Collection, Sequence

import attrs

from codegen.interface import naming
from codegen.interface.values import Keyword

__all__ = ["keywords_apart", "spelled_apart"]


def keywords_apart(keywords: Sequence[Keyword]) -> list[Keyword]:
    """Keywords of one place with names that differ. A current one goes before one that is deprecated."""
    if len({one.name for one in keywords}) == len(keywords):
        return list(keywords)
    by_key = {one.key: one for one in keywords}

    def rank(key: str) -> tuple[bool, ...]:
        return by_key[key].deprecated, not by_key[key].required

    names = spelled_apart(
        list(by_key), lambda key: by_key[key].name, naming.RESERVED_KEYWORDS | naming.BUILTINS, rank
    )
    return [attrs.evolve(one, name=names[one.key]) for one in keywords]


def spelled_apart(
    keys: Sequence[str],
    name_of: Callable[[str], str],
    taken: Collection[str],
    rank: Callable[[str], tuple[bool, ...]],
) -> dict[str, str]:
    """A name for each key, all different.

    Args:
        keys: the names on the wire, all different.
        name_of: makes the usual name.
        taken: names that cannot be given.
        rank: the key with the lowest rank gets the usual name; of equal ones, the one that is spelled like
            it, then the first.
    """
    rivals: dict[str, list[str]] = {}
    for key in keys:
        rivals.setdefault(name_of(key), []).append(key)

    found = {group[0]: name for name, group in rivals.items() if len(group) == 1}
    for name, group in rivals.items():
        if len(group) == 1:
            continue
        order = {key: place for place, key in enumerate(group)}
        ranked = sorted(group, key=lambda key: (*rank(key), key != name, order[key]))
        found[ranked[0]] = name
        for key in ranked[1:]:
            found[key] = _other(key, name, {*rivals, *found.values(), *taken})

    return {key: found[key] for key in keys}


def _other(key: str, name: str, taken: Collection[str]) -> str:
    """Another name than the usual one."""
    usable = key.isidentifier() and key.isascii() and not keyword.iskeyword(key) and key[0] != "_"
    if usable and key not in taken:
        return key
    number = 2
    while f"{name.rstrip('_')}_{number}" in taken:
        number += 1
    return f"{name.rstrip('_')}_{number}"
