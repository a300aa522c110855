"""Applies ``openapi/overlay.yaml`` (OpenAPI Overlay 1.0), so that no action goes stale unnoticed.

An action whose path has gone from the document leaves with it, with a note. An action whose path is there,
but whose target is not, is an error; all of them are in one list.

Unlike in the specification, an update does not add an element to a list that has it already, because
upstream may one day list the element itself. An update of a place that is a ``$ref`` writes into a copy of
what it refers to. And where upstream's own words allow more, they win; see `codegen.document.conflicts`.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import yaml
from jsonschema import Draft202012Validator
from oas_patch.validator import load_schema  # type: ignore[import-untyped]  # the library has no types

from codegen.document.conflicts import KEEP, settle
from codegen.document.content import json_schema
from codegen.document.merging import merged_properties
from codegen.document.targets import Target, aimed, same_path, steps_of
from codegen.document.touches import RULES, Touch, facts_at, named_in, node_at, shown, touches
from codegen.document.tree import METHODS, Document, SpecError, operations, pointer, resolve
from codegen.document.updates import merge, merge_members, write_out

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

__all__ = ["Before", "Overlaid", "Unmatched", "apply", "load"]

Unmatched = Literal["error", "drop"]
"""What to do with an action that matches nothing."""

ADDS = "x-a2e-adds"
"""The member of an action that names body members without a type that upstream does not have."""


@attrs.frozen
class Before:
    """What upstream said when the overlay was last reviewed.

    Attributes:
        upstream: the repaired document of that time, None if it is the present one.
        facts: for places that upstream has changed since, their facts of that time, by JSON pointer.
    """

    upstream: Document | None = None
    facts: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@attrs.frozen
class Overlaid:
    """A document with the overlay's actions applied.

    Attributes:
        document: the result.
        notes: remarks on the overlay for a maintainer, the news among them.
        news: what upstream has changed where the overlay touches it, and how conflicts were settled.
        changed: places that the overlay touches and upstream has changed since the overlay was reviewed,
            with their facts before, by JSON pointer.
    """

    document: Document
    notes: list[str]
    news: list[str]
    changed: dict[str, Any]


class _StrictLoader(SafeLoader):
    """A YAML loader that refuses duplicate keys instead of taking the last one."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()

    for key_node, _ in node.value:
        key = (key_node.tag, key_node.value) if isinstance(key_node, yaml.ScalarNode) else key_node
        if key in seen:
            raise yaml.YAMLError(f"the key {key_node.value!r} occurs twice{key_node.start_mark}")
        seen.add(key)

    loader.flatten_mapping(node)
    return dict(loader.construct_mapping(node, deep=True))


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@functools.cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(load_schema("overlay_schema_1.0.0.yml"))


def load(path: Path) -> Document:
    """Read an overlay and check it against the Overlay 1.0 schema.

    Raises:
        SpecError: it cannot be read or is not an overlay.
    """
    try:
        overlay = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not YAML: {error}") from error

    for problem in _schema().iter_errors(overlay):
        place = ".".join(str(step) for step in problem.absolute_path)
        raise SpecError(f"{path}: not an overlay: {place or 'document'}: {problem.message[:200]}")

    return dict(overlay)


def apply(
    document: Document, overlay: Document, *, unmatched: Unmatched = "error", before: Before | None = None
) -> Overlaid:
    """Apply every action in order to a copy of the document.

    Args:
        document: repaired. It is not changed.
        overlay: from `load`.
        unmatched: "drop" leaves out actions and rules that match nothing, with a note.
        before: what upstream said when the overlay was reviewed; without it, what it says now.

    Raises:
        SpecError: an action cannot be read, or the document has the path of an action but not its target.
            The message lists all such actions.
    """
    run = _Run(document, before or Before(), copy.deepcopy(document))
    for number, action in enumerate(overlay["actions"], 1):
        run.action(f"overlay action {number} ({action['target']})", action)

    if unmatched == "drop":
        run.notes += [f"{problem}: left out" for problem in run.problems]
        run.notes += [f"{problem}: left out" for problem in run.stale_rules(drop=True)]
    else:
        _refuse([*run.problems, *run.stale_rules(drop=False)])
    return Overlaid(run.result, [*run.notes, *run.news], run.news, dict(sorted(run.changed.items())))


def _refuse(problems: list[str]) -> None:
    if problems:
        lines = "\n".join(f"  {one}" for one in problems)
        raise SpecError(
            f"overlay.yaml names what the document does not have ({len(problems)}):\n{lines}\n"
            "mend these, or leave them out this time with --unmatched=drop"
        )


@attrs.define
class _Run:
    """One application of an overlay."""

    upstream: Document
    before: Before
    result: Document
    notes: list[str] = attrs.field(factory=list[str])
    news: list[str] = attrs.field(factory=list[str])
    problems: list[str] = attrs.field(factory=list[str])
    changed: dict[str, Any] = attrs.field(factory=dict[str, Any])

    def action(self, label: str, action: Document) -> None:
        """Apply one action."""
        target = aimed(self.result, action, label)
        if target.gone:
            names = ", ".join(map(repr, target.gone))
            verb = "has" if len(target.gone) == 1 else "have"
            self.notes.append(f"{label}: {names} {verb} gone from the document: left out")
        for old, new in target.moved.items():
            self.notes.append(f"{label}: {old} is {new} by now; applied there, mend the target")

        if target.missing:
            self._missing(label, action, target)
        if not target.matches:
            return

        places = [tuple(steps_of(match.full_path)) for match in target.matches]
        touched = list(touches(self.result, action, places))
        self._compare(label, touched)
        if "update" not in action:
            self._remove(label, target)
        else:
            self._update(label, action, places)

    def _missing(self, label: str, action: Document, target: Target) -> None:
        """A removal anywhere in the document has reached its aim when there is nothing to remove."""
        if action.get("remove") is True and action["target"].startswith("$.."):
            self.notes.append(f"{label}: {target.missing}: nothing is left to remove")
        else:
            self.problems.append(f"{label}: {target.missing}")

    def _compare(self, label: str, touched: list[Touch]) -> None:
        """Note what upstream has changed at the touched places."""
        places: dict[str, list[Touch]] = {}
        for one in touched:
            places.setdefault(one.place, []).append(one)

        for place, group in places.items():
            steps, words = group[0].steps, frozenset[str]().union(*(one.words for one in group))
            now = facts_at(self.upstream, steps, words)
            was = self.before.facts[place] if place in self.before.facts else self._was(steps, words, now)
            if was != now:
                self.changed[place] = was
                ours = shown(group[0].ours if len(group) == 1 else [one.ours for one in group])
                says = _difference(was, now)
                number = label.partition(" (")[0]
                self.news.append(f"{number}: upstream changed {place}: {says}; the overlay still says {ours}")

    def _was(self, steps: tuple[Any, ...], words: frozenset[str], now: Any) -> Any:
        """The facts of a place in the old document; its path may have other names in braces there."""
        old = self.before.upstream
        if old is None:
            return now
        if steps[0] == "paths" and len(steps) > 2:
            path = same_path(old, steps[1])
            if path is None:
                return now  # the path is new, or has come back: there was nothing to review
            steps = ("paths", path, *steps[2:])
        return facts_at(old, steps, words)

    def _update(self, label: str, action: Document, places: list[tuple[Any, ...]]) -> None:
        """Apply an action that updates places, without what upstream has made superfluous."""
        keep = action.get(KEEP) is True
        self.notes.extend(_redundant(node_at(self.result, places[0]), action, label))
        changed = False

        for steps in places:
            update = action["update"]
            words = self._idle_words(action, steps)
            if words:
                update = {name: schema for name, schema in update.items() if name not in words}
                names = ", ".join(map(repr, words))
                self.notes.append(f"{label}: {names} {'has' if len(words) == 1 else 'have'} gone: left out")
            self.problems.extend(self._undeclared(label, {**action, "update": update}, steps))
            if not keep:
                settled = settle(self.upstream, self.result, steps, update, self.changed)
                update = settled.update
                number = label.partition(" (")[0]
                self.news += [
                    f"{number}: {one}; {KEEP}: true keeps the overlay's"
                    for one in dict.fromkeys(settled.notes)
                ]

            written_out = write_out(self.result, steps, update)
            changed = self._patch(label, steps, update) or written_out or changed

        if not changed:
            self.notes.append(f"{label}: changes nothing any more; take it out")

    def _idle_words(self, action: Document, steps: tuple[Any, ...]) -> list[str]:
        """Members that an update only describes, and that upstream has no more. Nothing depends on words."""
        if steps[-1:] != ("properties",) or not isinstance(action["update"], Mapping):
            return []

        there = node_at(self.result, steps)
        return [
            name
            for name, schema in action["update"].items()
            if isinstance(schema, Mapping)
            and schema.keys() == {"description"}
            and name not in there
            and name not in action.get(ADDS, ())
        ]

    def _undeclared(self, label: str, action: Document, steps: tuple[Any, ...]) -> Iterator[str]:
        """Members that an update describes, but that neither upstream nor the update declares."""
        if steps[-1:] != ("properties",) or not isinstance(action["update"], Mapping):
            return

        there = node_at(self.result, steps)
        for name, schema in action["update"].items():
            if name in there or name in action.get(ADDS, ()) or not isinstance(schema, Mapping):
                continue
            if not {"type", "$ref", "allOf", "anyOf", "oneOf"} & schema.keys():
                yield (
                    f"{label}: matches nothing: {pointer(*steps)} has no {name!r}; "
                    f"a member that the overlay adds has a type, or is named in {ADDS}"
                )

    def _remove(self, label: str, target: Target) -> None:
        if any(match.context is None for match in target.matches):
            raise SpecError(f"{label}: cannot be applied: the whole document cannot be removed")
        try:
            target.path.filter(lambda _: True, self.result)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise SpecError(f"{label}: cannot be applied: {error}") from error

    def _patch(self, label: str, steps: tuple[Any, ...], update: Any) -> bool:
        """Merge an update into one place.

        Returns: whether that changed it.
        """
        # YAML anchors would leave parts of the document shared. A later action on one of them would then
        # change the others too. Copies through JSON share nothing.
        try:
            own = json.loads(json.dumps(update))
        except (TypeError, ValueError) as error:
            raise SpecError(f"{label}: cannot be applied: {error}") from error

        if steps:
            return merge(node_at(self.result, steps[:-1]), steps[-1], own)
        if isinstance(own, dict):
            return merge_members(self.result, own)
        raise SpecError(f"{label}: cannot be applied: only an object can be merged into the document")

    def stale_rules(self, *, drop: bool) -> list[str]:
        """The rules that name members which the body does not have; they are removed if asked for."""
        stale = []

        for ref in operations(self.result):
            body = json_schema(resolve(self.result, ref.operation.get("requestBody")))
            members = set(merged_properties(self.result, body)[0])
            for extension in RULES:
                rules = ref.operation.get(extension, [])
                for rule in list(rules):
                    missing = sorted(named_in(rule) - members)
                    if missing:
                        names = ", ".join(map(repr, missing))
                        stale.append(f"{ref.place}: {extension} names {names}, which the body does not have")
                        if drop:
                            rules.remove(rule)

        return stale


def _difference(was: Any, now: Any) -> str:
    """The facts that differ, with both values."""
    if not isinstance(was, Mapping) or not isinstance(now, Mapping):
        return f"it is {shown(now)}, was {shown(was)}"

    names = [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]
    return ", ".join(
        f"{name} is {shown(now[name]) if name in now else 'not set'}, "
        f"was {shown(was[name]) if name in was else 'not set'}"
        for name in names
    )


def _redundant(paths: Document, action: Document, label: str) -> Iterator[str]:
    """Remarks on operations that the action adds although the document has them by now."""
    if action["target"] == "$.paths":
        for path, item in action["update"].items():
            for method in METHODS:
                if method in item and method in paths.get(path, {}):
                    yield f"{label}: the document has {method.upper()} {path} itself; take it out"
