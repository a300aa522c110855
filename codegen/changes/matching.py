"""Pairs the parts of two interfaces: which are the same, and which were renamed."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

import attrs

from codegen.changes.facts import Node

__all__ = ["RULE", "Matches", "match", "similarity"]

NAME_SHARE = 0.65
"""How alike two names must be to count as a rename at all."""

ENOUGH = 0.75
"""How alike names and facts together must be."""

RULE = (
    "A removed thing and an added thing of the same kind and place count as a rename if they are the same "
    f"on the wire, or if their names are at least {NAME_SHARE:.0%} alike (Ratcliff-Obershelp) and the mean "
    f"of that and of their share of common facts is at least {ENOUGH:.0%}. The most alike are paired first."
)
_WIRE = {"method": ("http", "path"), "keyword": ("place", "key"), "attribute": ("key",)}


@attrs.frozen
class Matches:
    """Nodes of one kind, paired.

    Attributes:
        same: old and new nodes of the same name.
        renamed: old and new nodes of different names.
        removed: old nodes without a partner.
        added: new nodes without a partner.
    """

    same: list[tuple[Node, Node]]
    renamed: list[tuple[Node, Node]]
    removed: list[Node]
    added: list[Node]

    @property
    def names(self) -> dict[str, str]:
        """Old name -> new name of the renamed nodes."""
        return {old.name: new.name for old, new in self.renamed}

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """All nodes that have a partner."""
        return [*self.same, *self.renamed]


def match(old: Mapping[str, Node], new: Mapping[str, Node]) -> Matches:
    """Pair the nodes of one kind in one place by `RULE`."""
    removed = {name: node for name, node in old.items() if name not in new}
    added = {name: node for name, node in new.items() if name not in old}
    candidates = sorted(
        (-similarity(gone, come), gone.name, come.name)
        for gone in removed.values()
        for come in added.values()
        if similarity(gone, come)
    )

    renamed: list[tuple[Node, Node]] = []
    for _, gone, come in candidates:
        if gone in removed and come in added:
            renamed.append((removed.pop(gone), added.pop(come)))

    return Matches(
        same=[(node, new[name]) for name, node in old.items() if name in new],
        renamed=renamed,
        removed=list(removed.values()),
        added=list(added.values()),
    )


def similarity(old: Node, new: Node) -> float:
    """How alike two nodes are, from 0 (too little for a rename) to 1."""
    wire = _WIRE.get(old.kind)
    if wire and all(name in old.facts and old.facts[name] == new.facts.get(name) for name in wire):
        return 1.0

    names = SequenceMatcher(None, old.name, new.name, autojunk=False).ratio()
    if names < NAME_SHARE:
        return 0.0

    ours, theirs = old.outline(), new.outline()
    facts = len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0
    score = (names + facts) / 2
    return score if score >= ENOUGH else 0.0
