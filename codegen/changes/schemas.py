"""Changes between two schemas, fact by fact, with references followed and ``allOf`` joined."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs

from codegen.document.tree import Document, SpecError, resolve

__all__ = ["Found", "Side", "differences", "members", "other_meaning"]

Side = Literal["request", "reply"]

UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_PLAIN = (
    *("type", "format", "nullable", *UPPER, *LOWER, "pattern", "multipleOf", "uniqueItems"),
    *("default", "deprecated", "readOnly", "writeOnly", "const", "discriminator", "not"),
)
_MEANT = re.compile(
    r"\d+(?:\.\d+)?|\b(?:must|only|required|optional|needed|at most|at least|deprecated|never|not|no longer"
    r"|either|ignored|seconds|minutes|milliseconds|default)\b",
    re.IGNORECASE,
)
MAX_DEPTH = 30


@attrs.frozen
class Found:
    """One difference.

    Attributes:
        place: where in the value, such as ``frame.top`` or ``urls[]``; "" for the value itself.
        fact: what differs: added, removed, required, enum, type and so on.
        old, new: the values, None where there is none.
        breaking: whether calls or readers that worked may fail.
    """

    place: str
    fact: str
    old: Any
    new: Any
    breaking: bool


@attrs.frozen
class _Pair:
    """Two documents whose schemas are compared, for requests or for replies."""

    old: Document
    new: Document
    side: Side

    def compare(self, old: Any, new: Any, place: str, seen: tuple[Any, ...]) -> Iterator[Found]:
        """All differences of two schemas."""
        refs = _ref(old), _ref(new)
        if (any(refs) and refs in seen) or len(seen) > MAX_DEPTH:
            return
        seen = (*seen, refs)

        before, after = _flat(self.old, old), _flat(self.new, new)
        yield from self._plain(before, after, place)
        yield from self._values(before, after, place)
        yield from self._members(before, after, place, seen)

        if "items" in before or "items" in after:
            inner = before.get("items", {}), after.get("items", {})
            yield from self.compare(*inner, f"{place}[]", seen)
        yield from self._extras(before, after, place, seen)
        for key in ("anyOf", "oneOf"):
            yield from self._variants(key, before, after, place, seen)

    def _plain(self, before: Document, after: Document, place: str) -> Iterator[Found]:
        for fact in _PLAIN:
            old, new = before.get(fact), after.get(fact)
            if repr(old) != repr(new):
                yield Found(place, fact, old, new, self._breaks(fact, old, new))
        if other_meaning(before.get("description"), after.get("description")):
            yield Found(place, "description", before.get("description"), after.get("description"), False)

    def _breaks(self, fact: str, old: Any, new: Any) -> bool:
        """Whether a changed fact refuses what was sent, or gives what was not expected."""
        if fact in ("type", "const", "discriminator", "not"):
            wider = self.side == "request" and (new is None or (old, new) == ("integer", "number"))
            return not wider
        if self.side == "reply":
            return False

        if fact in UPPER or fact in LOWER:
            if new is None or isinstance(new, bool) or isinstance(old, bool):
                return bool(new)
            return old is None or (new < old if fact in UPPER else new > old)
        if fact == "nullable":
            return bool(old)
        return fact in ("format", "pattern", "multipleOf", "uniqueItems", "readOnly") and bool(new)

    def _values(self, before: Document, after: Document, place: str) -> Iterator[Found]:
        old, new = before.get("enum"), after.get("enum")
        if old is None and new is None:
            return

        gone = [one for one in old or () if one not in (new or ())]
        come = [one for one in new or () if one not in (old or ())]
        if old is None or new is None or gone or come:
            narrower = new is not None and (old is None or bool(gone))
            yield Found(place, "enum", old, new, self.side == "request" and narrower)

    def _members(
        self, before: Document, after: Document, place: str, seen: tuple[Any, ...]
    ) -> Iterator[Found]:
        old, new = before.get("properties", {}), after.get("properties", {})
        needed, needs = before.get("required", ()), after.get("required", ())

        for name in dict.fromkeys([*old, *new]):
            inner = f"{place}.{name}" if place else name
            if name not in new:
                yield Found(inner, "removed", name, None, True)
            elif name not in old:
                yield Found(inner, "added", None, name, self.side == "request" and name in needs)
            else:
                if (name in needed) != (name in needs):
                    breaking = (name in needs) == (self.side == "request")
                    yield Found(inner, "required", name in needed, name in needs, breaking)
                yield from self.compare(old[name], new[name], inner, seen)

        loose = [name for name in {*needed, *needs} if name not in old and name not in new]
        for name in sorted(loose):
            if (name in needed) != (name in needs):
                inner = f"{place}.{name}" if place else name
                yield Found(inner, "required", name in needed, name in needs, name in needs)

    def _extras(
        self, before: Document, after: Document, place: str, seen: tuple[Any, ...]
    ) -> Iterator[Found]:
        key = "additionalProperties"
        old, new = before.get(key, True), after.get(key, True)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compare(old, new, f"{place}.*" if place else "*", seen)
        elif old != new and not ({repr(old), repr(new)} <= {"True", "{}"}):
            yield Found(place, key, old, new, self.side == "request" and new is not True and new != {})

    def _variants(
        self, key: str, before: Document, after: Document, place: str, seen: tuple[Any, ...]
    ) -> Iterator[Found]:
        """Alternatives, paired by what they are, else in their order."""
        old, new = list(before.get(key, ())), list(after.get(key, ()))
        if not old and not new:
            return
        if not old or not new:
            narrower = bool(new) if self.side == "request" else True
            yield Found(place, key, _names(old) or None, _names(new) or None, narrower)
            return

        for one in list(old):
            same = next((two for two in new if self._equal(one, two, seen)), None)
            if same is not None:
                old.remove(one)
                new.remove(same)
        paired = list(zip(old, new, strict=False)) if len(old) == len(new) else []
        for index, (one, two) in enumerate(paired):
            yield from self.compare(one, two, f"{place}|{_name(two) or index + 1}", seen)
        if not paired and (old or new):
            lost = bool(old) if self.side == "request" else bool(new)
            yield Found(place, key, _names(old) or None, _names(new) or None, lost)

    def _equal(self, one: Any, two: Any, seen: tuple[Any, ...]) -> bool:
        return _ref(one) == _ref(two) and not any(True for _ in self.compare(one, two, "", seen))


def differences(
    old_document: Document, new_document: Document, old: Any, new: Any, side: Side
) -> Iterator[Found]:
    """All differences of two schemas, or of nothing and a schema."""
    yield from _Pair(old_document, new_document, side).compare(old or {}, new or {}, "", ())


def members(document: Document, schema: Any) -> tuple[dict[str, Any], set[str]]:
    """The members of an object schema, and the names of the required ones."""
    flat = _flat(document, schema or {})
    return dict(flat.get("properties", {})), set(flat.get("required", ()))


def other_meaning(old: Any, new: Any) -> bool:
    """Whether two descriptions differ in numbers, or in words such as "only"."""
    if old == new or not isinstance(new, str):
        return False
    before = Counter(one.lower() for one in _MEANT.findall(old if isinstance(old, str) else ""))
    return before != Counter(one.lower() for one in _MEANT.findall(new))


def _ref(schema: Any) -> Any:
    return schema.get("$ref") if isinstance(schema, Mapping) else None


def _flat(document: Document, schema: Any, depth: int = 0) -> Document:
    """A schema with its reference followed and its ``allOf`` members joined."""
    try:
        resolved = resolve(document, schema)
    except SpecError:
        return {}
    if not isinstance(resolved, Mapping):
        return {}

    made: Document = {}
    for part in resolved.get("allOf", ()) if depth < MAX_DEPTH else ():
        _join(made, _flat(document, part, depth + 1))
    _join(made, {name: value for name, value in resolved.items() if name != "allOf"})
    return made


def _join(made: Document, part: Mapping[str, Any]) -> None:
    for name, value in part.items():
        if name == "properties" and isinstance(value, Mapping):
            made[name] = {**made.get(name, {}), **value}
        elif name in ("required", "anyOf", "oneOf") and isinstance(value, Sequence):
            made[name] = [*made.get(name, ()), *value]
        else:
            made[name] = value


def _names(variants: Sequence[Any]) -> list[Any]:
    return [_name(one) or one for one in variants]


def _name(variant: Any) -> str:
    if not isinstance(variant, Mapping):
        return ""
    ref = str(variant.get("$ref", "")).rsplit("/", 1)[-1]
    return ref or str(variant.get("title", ""))
