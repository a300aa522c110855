"""The interface as a tree of named facts that users depend on, without order and descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from codegen.interface.model import Attribute, Condition, Interface, Method, Module, RecordClass, Rules
from codegen.interface.rule_words import any_of_words, condition_words, exclusive_words
from codegen.interface.values import Keyword, Limits, Member, Type

__all__ = ["EVENTS", "OUTPUT_FACTS", "TYPE_FACTS", "Key", "Node", "RuleWords", "rule_nodes", "tree_of"]

Key = tuple[str, str]
"""Kind and name of a node."""

TYPE_FACTS = frozenset({"form", "shape", "media", *(one.name for one in attrs.fields(Limits))})
"""Facts that can only be compared while the form stays the same."""

OUTPUT_FACTS = frozenset({"outputs", "makes a file"})
"""Facts of a resource that only a workflow has."""

EVENTS = ", or Events with stream=True"
_DISTINCTIVE = frozenset({"http", "place", "required", "form", "media", "annotation", "base"})
_ANY = Type()


@attrs.frozen
class Node:
    """One named thing of the interface.

    Attributes:
        kind: resource, method, keyword, member, item, value, exception, rule, route, record or attribute.
        name: unique among its siblings of that kind.
        facts: its properties by name.
        children: its parts.
        source: the part of the interface that it was made from.
        type: the type of a value.
    """

    kind: str
    name: str
    facts: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    children: Mapping[Key, Node] = attrs.field(factory=dict[Key, "Node"])
    source: Any = attrs.field(default=None, eq=False, repr=False)
    type: Type = attrs.field(default=_ANY, eq=False, repr=False)

    @property
    def key(self) -> Key:
        """Kind and name."""
        return self.kind, self.name

    def of(self, kind: str) -> dict[str, Node]:
        """The children of one kind by name."""
        return {child.name: child for child in self.children.values() if child.kind == kind}

    def outline(self) -> frozenset[str]:
        """Its distinctive properties without its name, to measure how alike two nodes are."""
        if self.kind == "resource":
            return frozenset(
                f"{method}({', '.join(sorted(node.outline()))})" if method != "__call__" else part
                for method, node in self.of("method").items()
                for part in (node.outline() or {method})
            )

        own = {f"{name}={value!r}" for name, value in self.facts.items() if name in _DISTINCTIVE and value}
        inner = {
            f"{child.kind} {child.name} {child.facts.get('form', '')}" for child in self.children.values()
        }
        return frozenset(own | inner)


def tree_of(interface: Interface) -> Node:
    """The whole interface as one node."""
    return _node("interface", "", {}, map(_module, interface.modules), interface)


def _node(
    kind: str, name: str, facts: Mapping[str, Any], children: Iterable[Node], source: Any, type: Type = _ANY
) -> Node:
    """A node with its children by key.

    Raises:
        ValueError: two children have the same key.
    """
    found: dict[Key, Node] = {}
    for child in children:
        if child.key in found:
            raise ValueError(f"{child.key} occurs twice in {kind} {name}")
        found[child.key] = child
    return Node(kind, name, facts, found, source, type)


def _module(module: Module) -> Node:
    children = [*map(_method, module.methods), *map(_record, module.records)]
    if module.record_type:
        children += [Node("route", role, {"method": name}) for role, name in module.routes.items()]

    facts = {
        "class": module.class_name,
        "record": module.record_type,
        "outputs": module.outputs,
        "makes a file": module.makes_file,
    }
    return _node("resource", module.resource, facts, children, module)


def returns(method: Method) -> str:
    """The return type of a call, as users write it."""
    if method.is_start:
        return f"Job[{method.reply.element}]"
    if method.paged:
        return f"Pages[{method.reply.element}]"
    if method.waits:
        return "Result"
    plain = method.reply.annotation
    return f"{plain}{EVENTS}" if method.streams else plain


def _method(method: Method) -> Node:
    children = [*map(_keyword, method.keywords), *rule_nodes(method.rules, {})]

    if method.free_body:
        free = Type(kind="dict")
        children.append(Node("keyword", "body", {"required": False, **_type_facts(free)}, type=free))
    if method.waits:
        seconds = Type(kind="float")
        children.append(Node("keyword", "timeout", {"required": False, **_type_facts(seconds)}, type=seconds))

    facts = {
        "http": method.http,
        "path": method.path,
        "returns": returns(method),
        "decoder": method.reply.decoder,
        "positional": tuple(one.name for one in method.positional),
        "sends a body": method.has_body,
        "body form": method.form,
        "optional body": method.optional_body and bool(method.keywords_of("body")),
        "repeated after a lost answer": method.repeatable,
        **{f"paging {name}": value for name, value in _paging(method).items()},
    }
    return _node("method", method.name, facts, children, method)


def _paging(method: Method) -> Mapping[str, Any]:
    return attrs.asdict(method.paged) if method.paged else {}


def _keyword(one: Keyword) -> Node:
    facts = {"key": one.key, "place": one.place, "style": one.style}
    return _value("keyword", one.name, facts, one)


def _member(one: Member) -> Node:
    return _value("member", one.key, {}, one)


def _value(kind: str, name: str, facts: Mapping[str, Any], one: Keyword | Member) -> Node:
    own = {"required": one.required, "default": one.default, "deprecated": one.deprecated}
    return _node(
        kind, name, {**facts, **own, **_type_facts(one.type)}, _type_children(one.type), one, one.type
    )


def form_of(one: Type) -> str:
    """The kind of a value, without limits, choices and names."""
    if one.options:
        return f"one of {', '.join(option.field('') for option in one.options)}"
    if one.values is not None:
        return f"mapping of {one.values.field('')}"
    if one.content:
        return "content of a file"
    if one.item is not None:
        return f"list of {form_of(one.item)}"
    if one.choices:
        return f"{'closed choice' if one.closed else 'choice'} of {one.kind}"
    return "object of known members" if one.shape else one.kind


def _type_facts(one: Type) -> Mapping[str, Any]:
    shape = one.shape.name if one.shape else None
    return {"form": form_of(one), "shape": shape, "media": one.media, **attrs.asdict(one.limits)}


def _type_children(one: Type) -> list[Node]:
    found = [Node("value", text) for text in dict.fromkeys(map(repr, one.choices))]
    found += [Node("exception", text) for text in dict.fromkeys(map(repr, one.also))]
    if one.item is not None:
        found.append(_node("item", "", _type_facts(one.item), _type_children(one.item), None, one.item))
    return [*found, *(map(_member, one.shape.members) if one.shape else ())]


@attrs.frozen
class RuleWords:
    """A rule in words, and which calls it newly rejects.

    Attributes:
        words: the rule, as a part of a sentence.
        keywords: only calls that give some of these are rejected.
        least: how many of them a rejected call gives at least.
        condition: the rule itself, None where it applies always.
    """

    words: str
    keywords: frozenset[str]
    least: int
    condition: Condition | None = None

    def bites(self, known: Iterable[str]) -> bool:
        """Whether it can reject a call that gives only these keywords."""
        return len(self.keywords.intersection(known)) >= self.least

    def allows_all_of(self, other: RuleWords) -> bool:
        """Whether it takes every call that another rule under the same condition takes."""
        mine, theirs = self.condition, other.condition
        if mine is None or theirs is None:
            return False

        needed = set(mine.all_of) <= set(theirs.all_of)
        anyway = not mine.any_of or (bool(theirs.any_of) and set(theirs.any_of) <= set(mine.any_of))
        only = all(
            name in theirs.only and set(theirs.only[name]) <= set(values)
            for name, values in mine.only.items()
        )
        most = all(name in theirs.most and theirs.most[name] <= limit for name, limit in mine.most.items())
        refuses = any((mine.all_of, mine.any_of, mine.only, mine.most))
        return needed and anyway and only and most and refuses


def _clause(sentence: str) -> str:
    """A sentence as a part of another one."""
    return sentence[0].lower() + sentence[1:].rstrip(".")


def rule_nodes(rules: Rules, renamed: Mapping[str, str]) -> list[Node]:
    """The rules between keywords as nodes, with keywords renamed.

    Args:
        rules: of one method.
        renamed: old name -> new name. Others keep their names.
    """

    def names(group: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(renamed.get(name, name) for name in group))

    found = {}

    for group in map(names, rules.any_of):
        found[f"any of {group}"] = RuleWords(_clause(any_of_words(group)), frozenset(), 0)
    for group in map(names, rules.exclusive):
        found[f"one of {group}"] = RuleWords(_clause(exclusive_words(group)), frozenset(group), 2)

    for need in rules.needs:
        when = {
            renamed.get(name, name): None if values is None else tuple(sorted(values, key=repr))
            for name, values in need.when.items()
        }
        only = {
            renamed.get(name, name): tuple(sorted(values, key=repr)) for name, values in need.only.items()
        }
        most = {renamed.get(name, name): limit for name, limit in need.most.items()}

        # Sorted, so that rules that differ in order only are equal.
        same = Condition(
            dict(sorted(when.items())),
            names(need.all_of),
            names(need.any_of),
            dict(sorted(only.items())),
            dict(sorted(most.items())),
        )

        given = frozenset(name for name, values in when.items() if values is None or None not in values)
        if need.all_of or need.any_of or not (only or most):
            found[repr(same)] = RuleWords(condition_words(same).rstrip("."), given, len(given), same)
        else:
            limited = given.union(only, most)
            found[repr(same)] = RuleWords(condition_words(same).rstrip("."), limited, len(given) + 1, same)

    return [Node("rule", name, source=words) for name, words in found.items()]


def _record(record: RecordClass) -> Node:
    return _node("record", record.name, {"base": record.base}, map(_attribute, record.attributes), record)


def _attribute(one: Attribute) -> Node:
    return Node("attribute", one.name, {"key": one.key, "annotation": one.annotation})
