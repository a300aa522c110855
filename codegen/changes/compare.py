"""The changes between two interfaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs

from codegen.changes.facts import OUTPUT_FACTS, TYPE_FACTS, Node, rule_nodes, tree_of
from codegen.changes.matching import Matches, match
from codegen.interface.model import Condition, Interface

__all__ = ["Action", "Change", "compare"]

Action = Literal["added", "removed", "renamed", "changed"]


@attrs.frozen
class Change:
    """One change that concerns users.

    Attributes:
        resource: the resource; its new name, if it was renamed.
        owner: the method or class that the changed part belongs to, "" for the resource itself.
        kind: resource, method, keyword, value, exception, rule, route, record or attribute.
        name: of the changed part. A keyword's members are ``keyword.member``, its elements ``keyword[]``.
        action: what happened to it.
        fact: the changed fact, for the action "changed".
        old, new: names or values; for a new rule, the keywords that existed before.
        before, after: the nodes, None where there is none.
    """

    resource: str
    owner: str
    kind: str
    name: str
    action: Action
    fact: str = ""
    old: Any = None
    new: Any = None
    before: Node | None = attrs.field(default=None, eq=False, repr=False)
    after: Node | None = attrs.field(default=None, eq=False, repr=False)


def compare(old: Interface, new: Interface) -> list[Change]:
    """All changes, by resource; empty if the interfaces are the same for users."""
    matches = match(tree_of(old).of("resource"), tree_of(new).of("resource"))
    changes = [Change(one.name, "", "resource", one.name, "removed", before=one) for one in matches.removed]
    changes += [Change(one.name, "", "resource", one.name, "added", after=one) for one in matches.added]
    for before, after in matches.pairs:
        changes.extend(_Resource(before, after).changes())
    return sorted(changes, key=lambda one: one.resource)


class _Resource:
    """Compares one resource before and after."""

    def __init__(self, before: Node, after: Node) -> None:
        self.before, self.after = before, after
        self.name = after.name
        self.renamed = before.name != after.name
        self.methods = match(before.of("method"), after.of("method"))
        self.records = match(before.of("record"), after.of("record"))
        self.classes = self.records.names
        if self.renamed:
            self._follow_class_prefix()

    def _follow_class_prefix(self) -> None:
        """Pair the classes that are named after the resource, and so are renamed with it."""
        old, new = self.before.facts["class"], self.after.facts["class"]
        gone = {one.name: one for one in self.records.removed}
        come = {one.name: one for one in self.records.added}

        for name, node in gone.items():
            wanted = name.replace(old, new, 1)
            if name.startswith(old) and wanted in come:
                self.records.renamed.append((node, come[wanted]))
                self.records.removed.remove(node)
                self.records.added.remove(come[wanted])
                self.classes[name] = wanted

    def changes(self) -> list[Change]:
        """All changes in the resource."""
        found: list[Change] = []

        if self.renamed:
            found.append(self._change("", "resource", self.name, "renamed", before=self.before))
            found[0] = attrs.evolve(found[0], old=self.before.name, new=self.after.name, after=self.after)
        else:
            found.extend(self._facts("", "resource", self.name, self.before, self.after, self._derived()))

        found.extend(self._listed("", self.methods))
        for before, after in self.methods.pairs:
            found.extend(self._method(before, after))
        found.extend(self._routes())

        for before, after in self.records.pairs:
            found.extend(self._record(before, after))

        return [*found, *self._classes(found)]

    def _derived(self) -> frozenset[str]:
        """Facts of the resource that follow from other changes."""
        both = bool(self.before.facts["record"]) and bool(self.after.facts["record"])
        return frozenset() if both else frozenset({"record", *OUTPUT_FACTS})

    def _change(self, owner: str, kind: str, name: str, action: Action, **more: Any) -> Change:
        return Change(self.name, owner, kind, name, action, **more)

    def _listed(self, owner: str, matches: Matches, prefix: str = "") -> Iterator[Change]:
        """Parts that were removed, added or renamed."""
        for one in matches.removed:
            yield self._change(owner, _kind(one), prefix + one.name, "removed", before=one)
        for one in matches.added:
            yield self._change(owner, _kind(one), prefix + one.name, "added", after=one)
        for before, after in matches.renamed:
            old, new = prefix + before.name, prefix + after.name
            yield self._change(
                owner, _kind(after), new, "renamed", old=old, new=new, before=before, after=after
            )

    def _facts(
        self,
        owner: str,
        kind: str,
        name: str,
        before: Node,
        after: Node,
        but: frozenset[str] = frozenset(),
    ) -> Iterator[Change]:
        """Facts that changed, except for those in ``but``."""
        for fact in dict.fromkeys([*before.facts, *after.facts]):
            old, new = self._in_new_names(fact, before.facts.get(fact)), after.facts.get(fact)
            if fact not in but and repr(old) != repr(new):
                yield self._change(
                    owner, kind, name, "changed", fact=fact, old=old, new=new, before=before, after=after
                )

    def _in_new_names(self, fact: str, value: Any) -> Any:
        """The old value of a fact, with renamed classes under their new names."""
        if fact not in ("returns", "annotation") or not self.classes:
            return value
        return re.sub(r"\w+", lambda word: self.classes.get(word[0], word[0]), str(value))

    def _method(self, before: Node, after: Node) -> Iterator[Change]:
        keywords = match(before.of("keyword"), after.of("keyword"))

        but = self._following(before, after, keywords)
        yield from self._facts(after.name, "method", after.name, before, after, but)
        yield from self._listed(after.name, keywords)
        for old, new in keywords.pairs:
            yield from self._value(after.name, new.name, old, new)

        rules = {one.name: one for one in rule_nodes(before.source.rules, keywords.names)}
        known = [new.name for _, new in keywords.pairs]
        listed = _unrenamed(rules, after.of("rule"))
        for old, new in _same_conditions(listed):
            yield self._change(
                after.name, "rule", new.name, "changed", fact="rule", old=old.name, before=old, after=new
            )
        needed = {new.name for old, new in keywords.pairs if old.facts["required"]}
        for change in self._listed(after.name, listed):
            asks_no_more = change.after is not None and _asks_only_for(change.after.source.condition, needed)
            said = attrs.evolve(change, old=() if asks_no_more else known)
            yield said if change.action == "added" else change

    def _following(self, before: Node, after: Node, keywords: Matches) -> frozenset[str]:
        """Facts of a method that changed only because something else did."""
        but = set()

        if before.name != after.name or self.renamed:
            but.add("path")

        persisting = {new.name for _, new in keywords.pairs}
        was = [keywords.names.get(name, name) for name in before.facts["positional"]]
        if _among(was, persisting) == _among(after.facts["positional"], persisting):
            but.add("positional")

        if bool(before.source.paged) != bool(after.source.paged):
            but |= {fact for fact in (*before.facts, *after.facts) if fact.startswith("paging")}
        elif before.source.paged and not after.facts.get("paging page") and before.facts.get("paging page"):
            but |= {"paging size", "paging default", "paging most", "paging by", "paging first"}
        if before.facts["http"] != after.facts["http"]:
            but.add("sends a body")
        returned = self._in_new_names("returns", before.facts["returns"])
        if returned != after.facts["returns"] or self.classes:
            but.add("decoder")

        return frozenset(but)

    def _value(self, owner: str, name: str, before: Node, after: Node) -> Iterator[Change]:
        """A keyword, a member of one, or the elements of a list."""
        but = frozenset({"key"}) if before.name != after.name else frozenset[str]()

        if before.facts["form"] != after.facts["form"]:
            # The limits, choices and members of another kind of value cannot be compared.
            yield from self._facts(owner, "keyword", name, before, after, but | (TYPE_FACTS - {"form"}))
            return

        yield from self._facts(owner, "keyword", name, before, after, but)
        for kind in ("value", "exception"):
            yield from self._listed(owner, _unrenamed(before.of(kind), after.of(kind)), f"{name}=")

        for old, new in zip(before.of("item").values(), after.of("item").values(), strict=True):
            yield from self._value(owner, f"{name}[]", old, new)

        members = match(before.of("member"), after.of("member"))
        yield from self._listed(owner, members, f"{name}.")
        for old, new in members.pairs:
            yield from self._value(owner, f"{name}.{new.name}", old, new)

    def _record(self, before: Node, after: Node) -> Iterator[Change]:
        attributes = match(before.of("attribute"), after.of("attribute"))
        yield from self._facts(after.name, "record", after.name, before, after)
        yield from self._listed(after.name, attributes)
        for old, new in attributes.pairs:
            but = frozenset({"key"}) if old.name != new.name else frozenset[str]()
            yield from self._facts(after.name, "attribute", new.name, old, new, but)

    def _routes(self) -> Iterator[Change]:
        """Changed methods that a workflow is run with, unless a method itself was added or removed."""
        before, after = self.before.of("route"), self.after.of("route")
        if bool(before) != bool(after):
            return  # it became a workflow, or is no longer one

        persisting = {new.name for _, new in self.methods.pairs}
        for role in dict.fromkeys([*before, *after]):
            old = before[role].facts["method"] if role in before else None
            new = after[role].facts["method"] if role in after else None
            old = self.methods.names.get(old, old) if old else None
            if old != new and {old, new} - {None} <= persisting:
                yield self._change("", "route", role, "changed", fact="method", old=old, new=new)

    def _classes(self, found: Sequence[Change]) -> Iterator[Change]:
        """Record classes that were added, removed or renamed, unless that follows from another change."""
        for matches, action in ((self.records.removed, "removed"), (self.records.added, "added")):
            explained = _words_of(found, action)
            left = {one.name: one for one in matches}

            # A class is explained by a change that mentions it, or by another explained class.
            while reached := [name for name in left if name in explained]:
                for name in reached:
                    explained |= _words_in(left.pop(name))

            for one in left.values():
                yield self._change(one.name, "record", one.name, _action(action), before=one, after=one)

        prefixed = self.renamed and self.before.facts["class"]
        for before, after in self.records.renamed:
            if not (prefixed and before.name.startswith(prefixed)):
                yield self._change(
                    after.name, "record", after.name, "renamed", old=before.name, new=after.name
                )


def _among(names: Iterable[str], wanted: set[str]) -> list[str]:
    return [name for name in names if name in wanted]


def _action(text: str) -> Action:
    return "added" if text == "added" else "removed"


def _kind(node: Node) -> str:
    return "keyword" if node.kind in ("member", "item") else node.kind


def _unrenamed(old: Mapping[str, Node], new: Mapping[str, Node]) -> Matches:
    """Matches by name alone."""
    return Matches(
        same=[],
        renamed=[],
        removed=[node for name, node in old.items() if name not in new],
        added=[node for name, node in new.items() if name not in old],
    )


def _same_conditions(listed: Matches) -> list[tuple[Node, Node]]:
    """Rules that apply under the same condition as before, in pairs that are taken out of the lists."""
    found = []
    for old in list(listed.removed):
        condition = old.source.condition
        new = next((one for one in listed.added if condition and _applies_as(condition, one)), None)
        if new is not None:
            listed.removed.remove(old)
            listed.added.remove(new)
            found.append((old, new))
    return found


def _applies_as(condition: Condition, node: Node) -> bool:
    other = node.source.condition
    return other is not None and other.when == condition.when


def _asks_only_for(condition: Condition | None, needed: set[str]) -> bool:
    """Whether all that a rule asks for are keywords that were needed anyway."""
    if condition is None or not condition.all_of or condition.any_of or condition.only or condition.most:
        return False
    return set(condition.all_of) <= needed


def _words_of(changes: Sequence[Change], action: str) -> set[str]:
    """The names in the changes, on the old side for removed classes and on the new side for added ones."""
    words: set[str] = set()
    for one in changes:
        node = one.before if action == "removed" else one.after
        if one.action == action and node is not None:
            words |= _words_in(node)
        if one.action == "changed" and one.fact in ("returns", "annotation"):
            words |= set(re.findall(r"\w+", str(one.old if action == "removed" else one.new)))
    return words


def _words_in(node: Node) -> set[str]:
    words = {
        word for fact in ("returns", "annotation") for word in re.findall(r"\w+", str(node.facts.get(fact)))
    }
    for child in node.children.values():
        words |= _words_in(child)
    return words
