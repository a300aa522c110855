"""Which things of two interfaces are the same, and which were renamed."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

import attrs

from codegen.changes.facts import Node

__all__ = ["RULE", "Matches", "match", "similarity"]

NAME_SHARE = 0.65
ENOUGH = 0.75
RULE = (
    "A thing that went and a thing of its kind that came in the same place count as one that was renamed "
    f"when they are the same on the wire, or when their names are alike by {NAME_SHARE:.0%} or more "
    "(Ratcliff and Obershelp's measure) and the mean of that and of the share of facts that both have is "
    f"{ENOUGH:.0%} or more. The most alike are paired first."
)
_WIRE = {"method": ("http", "path"), "keyword": ("place", "key"), "attribute": ("key",)}


@attrs.frozen
class Matches:
    """Nodes of one kind, paired.

    Attributes:
        same: old and new node, where the name stayed.
        renamed: old and new node, where it did not.
    """

    same: list[tuple[Node, Node]]
    renamed: list[tuple[Node, Node]]
    removed: list[Node]
    added: list[Node]

    @property
    def names(self) -> dict[str, str]:
        """Old name -> new name, of the renamed ones."""
        return {old.name: new.name for old, new in self.renamed}

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """All that stand on both sides."""
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
    """How alike two nodes are, from 0 (too little to be the same) to 1."""
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
