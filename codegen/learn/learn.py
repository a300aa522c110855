"""``learn``: says where collected shapes of replies contradict the document, and how the overlay mends it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from a2e_async._tasks.status import RUNNING_WORDS, End, end_by_status
from a2e_async._transport.shape_tallies import Shapes, add_shapes
from codegen.build import Layout
from codegen.document import overlay as overlays
from codegen.document.complete import RECORD_BASE, add_common, complete, data_of
from codegen.document.content import media_type, success_content
from codegen.document.merging import members_of, merged
from codegen.document.repair import repair
from codegen.document.tree import Document, OperationRef, SpecError, operations, read, resolve
from codegen.learn.actions import actions_for, as_yaml
from codegen.learn.compare import Comparison, component_of
from codegen.learn.nodes import Node, node_of, read_shapes

__all__ = ["Learned", "learn", "learned_from"]

_ENVELOPE = frozenset({"code", "success", "message", "msg", "trace_id", "timestamp", "error"})
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_DEEPEST = 4


@attrs.frozen
class Learned:
    """What the shapes say.

    Attributes:
        lines: what contradicts or exceeds the document, in plain words.
        actions: for overlay.yaml.
    """

    lines: Sequence[str]
    actions: Sequence[Document]

    def text(self) -> str:
        """The lines as comments, then the actions: an overlay in YAML."""
        comments = "".join(f"# {line}\n" for line in self.lines)
        return comments + (as_yaml(list(self.actions)) if self.actions else "")


def learn(layout: Layout, files: Sequence[Path], to: Path | None) -> list[str]:
    """Compare files of shapes with the document.

    Args:
        layout: the places of the document and the overlay.
        files: what clients have collected.
        to: where the actions are written; None prints them too.

    Returns: a report, line by line.

    Raises:
        SpecError: a file cannot be read, or is not one of shapes.
    """
    shapes: Shapes = {}
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise SpecError(f"{file}: {error.strerror}") from error
        add_shapes(shapes, read_shapes(content, str(file)))

    learned = learned_from(layout, shapes)
    if to is None:
        return learned.text().splitlines()
    to.write_text(learned.text(), encoding="utf-8")
    return [*learned.lines, f"{to}: {len(learned.actions)} overlay actions"]


def learned_from(layout: Layout, shapes: Shapes) -> Learned:
    """Compare shapes with the document that a build would make."""
    repaired, _ = repair(read(layout.upstream))
    overlay = overlays.load(layout.overlay)
    overlaid = overlays.apply(repaired, overlay).document
    add_common(overlaid)
    completed = copy.deepcopy(overlaid)
    complete(completed)

    run = _Run(overlaid, completed, Comparison(completed))
    run.all(shapes)
    new = [one for one in run.actions if one not in overlay["actions"]]
    if len(new) < len(run.actions):
        run.comparison.lines.append(
            f"{len(run.actions) - len(new)} actions are in the overlay, and do not help"
        )
    return Learned([*run.summary(shapes), *dict.fromkeys(run.comparison.lines)], new)


@attrs.define
class _Run:
    """One comparison.

    Attributes:
        overlaid: the document that further actions apply to.
        completed: with the replies that are typed by convention.
        comparison: of the completed document.
        actions: found so far.
        unknown: operations that the document does not have.
        declared: records that have an action because another one refers to them.
    """

    overlaid: Document
    completed: Document
    comparison: Comparison
    actions: list[Document] = attrs.field(factory=list[Document])
    unknown: list[str] = attrs.field(factory=list[str])
    declared: set[str] = attrs.field(factory=set[str])

    def all(self, shapes: Shapes) -> None:
        """Compare all operations, and then the components that their replies are made of."""
        known = {_bare(str(ref)): ref for ref in operations(self.completed)}
        replies: list[tuple[OperationRef, str, Node, int]] = []

        for operation, outcomes in shapes.items():
            ref = known.get(_bare(operation)) or _matching(known, operation)
            if ref is None:
                self.unknown.append(operation)
                continue
            for outcome, one in outcomes.items():
                replies.append((ref, outcome, node_of(one["members"]), one["replies"]))

        for ref, outcome, node, _ in replies:
            self._feed(ref, outcome, node)
        for ref, outcome, node, count in replies:
            self._reply(ref, outcome, node, count)
        for name in sorted(self.comparison.seen):
            self._component(name)

    def summary(self, shapes: Shapes) -> Iterator[str]:
        """What was seen, and what is not in the document at all."""
        count = sum(one["replies"] for outcomes in shapes.values() for one in outcomes.values())
        yield f"{count} replies to {len(shapes)} operations"
        for operation in self.unknown:
            yield f"{operation}: not in the document; is it the newest (make regenerate)?"

    def _feed(self, ref: OperationRef, outcome: str, node: Node) -> None:
        schema, node = self._declared(ref, outcome, node)
        if schema is not None:
            self.comparison.feed(schema, node, self._records(schema))

    def _declared(self, ref: OperationRef, outcome: str, node: Node) -> tuple[Any, Node]:
        """What the document says about a reply, and what was seen of that."""
        if outcome[:1] == "2" and "refused" not in outcome:
            content = success_content(self.completed, ref.operation)
            schema = content.schema if content is not None and content.is_json else None
            return data_of(self.completed, schema), _data(node)
        response = resolve(self.completed, ref.operation.get("responses", {}).get(outcome[:3]))
        media = (response or {}).get("content", {}).get("application/json", {})
        return media.get("schema") if "refused" not in outcome else None, node

    def _reply(self, ref: OperationRef, outcome: str, node: Node, count: int) -> None:
        """Compare the replies of one operation with one outcome, and write the action that mends it."""
        comparison = self.comparison
        if "refused" in outcome or outcome[:1] != "2":
            if outcome not in ref.operation.get("responses", {}):
                codes = node.members["code"].values if "code" in node.members else {}
                with_codes = f", with code {', '.join(sorted(codes))}" if codes else ""
                comparison.lines.append(f"{ref}: answered {outcome} {count} times, not declared{with_codes}")
            return

        content = success_content(self.completed, ref.operation)
        if node.counts and not node.types:
            self._not_json(ref, node, content is not None and content.is_json)
            return
        if content is not None and not content.is_json:
            comparison.lines.append(f"{ref}: declared as {content.type}, seen as JSON")
            return

        data, inner = self._declared(ref, outcome, node)
        if not inner.types:
            return
        declared: Document = {} if data is None else data
        records = self._records(declared)
        made = comparison.mend(declared, inner, f"{ref} reply", records)
        if made is declared:
            return
        if records and not any(f"/{name}'" in repr(made) for name in records):
            comparison.lines.append(f"{ref} reply: no action, because there is no task in it")
            return

        old = content.schema if content is not None else None
        self._write_reply(ref, content.status if content else outcome, old, made, "data" in node.members)

    def _write_reply(self, ref: OperationRef, status: str, old: Any, data: Any, enveloped: bool) -> None:
        """Write the action for one reply."""
        schema = resolve(self.completed, old) if old is not None else {}
        if enveloped or "data" in members_of(self.completed, schema).properties:
            own = schema.get("properties") or {"code": {"type": "integer", "description": "0 is success."}}
            new = {"type": "object", **schema, "properties": {**own, "data": data}}
        else:
            new = data

        operation = self.overlaid["paths"][ref.path][ref.method]
        before = operation.get("responses", {}).get(status, {})
        response = {"description": "OK", **resolve(self.overlaid, before)}
        contents: Document = response.get("content", {})
        name = next((one for one in contents if media_type(one) == "application/json"), "application/json")
        response["content"] = {**contents, name: {**contents.get(name, {}), "schema": new}}
        self._write(("paths", ref.path, ref.method), ("responses", status), before, response, f"{ref} reply")

    def _component(self, name: str) -> None:
        comparison = self.comparison
        schema = self.completed["components"]["schemas"][name]
        made = comparison.component(name)
        self._statuses(name)
        if made is not schema and name != RECORD_BASE:  # all families share it
            old = self.overlaid["components"]["schemas"].get(name, {})
            self._write(("components", "schemas"), (name,), old, made, name)

    def _write(self, steps: tuple[Any, ...], inside: tuple[Any, ...], old: Any, new: Any, what: str) -> None:
        for step in reversed(inside):
            old, new = {step: old}, {step: new}

        for action in actions_for(steps, old, new, f"Confidence: live ({what})."):
            self.actions.append(action)
            self._declare(action.get("update"), inside)

    def _declare(self, update: Any, besides: tuple[Any, ...]) -> None:
        """Write the records that an update refers to, and that the build would only make afterwards."""
        schemas = self.overlaid["components"]["schemas"]
        for name in re.findall(r"#/components/schemas/([^'\"]+)", repr(update)):
            if name not in schemas and name not in besides and name not in self.declared:
                self.declared.add(name)
                made = self.completed["components"]["schemas"][name]
                self._write(("components", "schemas"), (name,), {}, made, name)

    def _statuses(self, name: str) -> None:
        """Statuses that the client does not know."""
        for key, node in self.comparison.seen[name].named.items():
            for value in node.values:
                words = {*re.split("[_-]", value.lower())}
                known = end_by_status({"status": value}) is not End.RUNNING or words & RUNNING_WORDS
                if not known and value != "*" and not value.isdigit():
                    self.comparison.lines.append(f"{name}.{key}: the client does not know the status {value}")

    def _not_json(self, ref: OperationRef, node: Node, is_json: bool) -> None:
        kinds = ", ".join(f"{kind} {count} times" for kind, count in sorted(node.counts.items()))
        if is_json or node.counts.keys() - {"file", "text"}:
            self.comparison.lines.append(f"{ref}: declared as JSON, seen as {kinds}")

    def _records(self, schema: Any, depth: int = 0) -> tuple[str, ...]:
        """The components of tasks that a reply may be made of."""
        if schema is None or depth > _DEEPEST:
            return ()
        name = component_of(self.completed, schema)
        if name:
            return (name,)

        inside = list(members_of(self.completed, schema).properties.values())
        whole = merged(self.completed, schema)
        inside += [whole.keywords.get("items"), *(one for group in whole.groups for one in group)]
        found = [name for one in inside for name in self._records(one, depth + 1)]
        return tuple(dict.fromkeys(found))


def _data(node: Node) -> Node:
    """What a call gets of a reply."""
    if "data" in node.members:
        return node.members["data"]
    if node.members.keys() & {"code", "success"}:
        rest = {name: inner for name, inner in node.members.items() if name not in _ENVELOPE}
        return attrs.evolve(node, members=rest) if rest else Node()
    return node


def _bare(operation: str) -> str:
    return _PLACEHOLDER.sub("{}", operation)


def _matching(known: dict[str, OperationRef], operation: str) -> OperationRef | None:
    """The operation whose parameters are where names were not kept."""
    if "*" not in operation:
        return None
    return known.get(re.sub(r"(?<=/)\*", "{}", operation))
