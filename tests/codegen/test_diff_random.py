"""diff against an independent look at the generated modules: it is empty exactly when they are equal."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from codegen.changes.compare import Change, compare
from tests.codegen.mutations import generated, mutated, part, real, resources, starts

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def modules_of(changes: list[Change]) -> set[str]:
    """The modules that the changes are about, old and new."""
    found = {f"{one.resource}.py" for one in changes}
    for one in changes:
        # The facts of a resource, such as its outputs, are not names of modules.
        if one.kind == "resource" and one.action != "changed":
            found |= {f"{name}.py" for name in (one.old, one.new) if name} | {"__init__.py"}
    return found


@SLOW
@given(st.data())
def test_the_diff_is_empty_exactly_when_the_generated_code_says_the_same(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(resources()), min_size=1, max_size=2, unique=True))
    before, old = real(*sorted(names))
    made = generated(data.draw(mutated(part(set(names)))))
    assume(made is not None)
    assert made is not None

    after, new = made
    changes = compare(before, after)
    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert modules_of(changes) == differing
    assert bool(changes) == (old != new)
    assert bool(compare(after, before)) == bool(changes)


@SLOW
@given(st.data())
def test_other_words_and_another_order_are_no_change(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(resources()))
    document = part({name})
    words = data.draw(st.text(string.ascii_letters + " .\"'\\\n`", max_size=30))
    shuffled = _shuffled(document, data.draw(st.randoms(use_true_random=False)), words)
    made = generated(shuffled)
    assert made is not None
    assert compare(real(name)[0], made[0]) == []
    assert made[1] == real(name)[1]


def _shuffled(value: Any, chance: Any, words: str) -> Any:
    """The same facts in another order, with these words."""
    if isinstance(value, dict):
        items = [(key, _shuffled(inner, chance, words)) for key, inner in value.items()]
        if not {"operationId", "openapi"} & value.keys():
            chance.shuffle(items)
        found = dict(items)
        if "responses" in found:
            found |= {"summary": words, "description": words}
        return found
    if isinstance(value, list):
        return [_shuffled(inner, chance, words) for inner in value]
    return value


KEYS = st.text(string.ascii_lowercase, min_size=3, max_size=8).map(lambda text: f"zz_{text}")
Entry = tuple[str, str, str, Any, Any]


@SLOW
@given(st.data())
def test_one_change_of_a_start_gives_exactly_its_entry(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(starts())))
    name = starts()[path]
    document = part({name})
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body = _gathered(schema)

    changes = [change for change in CHANGES if change[0](body)]
    _, change = data.draw(st.sampled_from(changes))
    expected = change(data, body)
    made = generated(document)
    assume(made is not None)  # the default is not among the choices, for example
    assert made is not None

    found = compare(real(name)[0], made[0])
    assert [(one.kind, one.action, one.fact, one.old, one.new) for one in found] == [expected]
    assert {one.resource for one in found} == {name}


def _gathered(schema: Any) -> Any:
    """The part of the body that has the properties, with all required names in it."""
    parts = schema.get("allOf", [schema])
    required = {name for part in parts for name in part.pop("required", ())}
    if required:
        parts[0]["required"] = sorted(required)
    return parts[0]


def _plain(body: Any) -> list[Any]:
    """Members that are a string or a number, without choices."""
    return [
        one
        for one in body.get("properties", {}).values()
        if one.get("type") in ("string", "integer", "number") and not {"enum", "oneOf"} & one.keys()
    ]


def _chosen(body: Any) -> list[Any]:
    """Members with choices."""
    return [one for one in body.get("properties", {}).values() if len(one.get("enum", ())) > 1]


def _optional(body: Any) -> list[str]:
    """Members that are not required; a start's name never is."""
    return [name for name in body.get("properties", {}) if name not in (*body.get("required", ()), "name")]


def _add(data: st.DataObject, body: Any) -> Entry:
    kind = data.draw(st.sampled_from(("string", "integer", "boolean")))
    body["properties"][data.draw(KEYS)] = {"type": kind}
    return "keyword", "added", "", None, None


def _offer(data: st.DataObject, body: Any) -> Entry:
    schema = data.draw(st.sampled_from(_chosen(body)))
    schema["enum"].append("brand-new" if schema.get("type") == "string" else 12345)
    return "value", "added", "", None, None


def _withdraw(data: st.DataObject, body: Any) -> Entry:
    schema = data.draw(st.sampled_from(_chosen(body)))
    schema["enum"].remove(data.draw(st.sampled_from(schema["enum"])))
    return "value", "removed", "", None, None


def _limit(data: st.DataObject, body: Any) -> Entry:
    schema = data.draw(st.sampled_from(_plain(body)))
    name, fact = ("maxLength", "max_length") if schema["type"] == "string" else ("maximum", "maximum")
    old = schema.get(name)
    schema[name] = (old or 10_000_000) + data.draw(st.integers(1, 1000))
    return "keyword", "changed", fact, old, schema[name]


def _default(data: st.DataObject, body: Any) -> Entry:
    schema = data.draw(st.sampled_from(_plain(body)))
    old = schema.get("default")
    schema["default"] = "zz" if schema["type"] == "string" else 5
    assume(schema["default"] != old)
    return "keyword", "changed", "default", old or None, schema["default"]


def _require(data: st.DataObject, body: Any) -> Entry:
    body.setdefault("required", []).append(data.draw(st.sampled_from(_optional(body))))
    return "keyword", "changed", "required", False, True


def _deprecate(data: st.DataObject, body: Any) -> Entry:
    schema = data.draw(st.sampled_from(_plain(body)))
    assume("deprecated" not in schema)
    schema["deprecated"] = True
    return "keyword", "changed", "deprecated", False, True


CHANGES = (
    (_optional, _add),
    (_chosen, _offer),
    (_chosen, _withdraw),
    (_plain, _limit),
    (_plain, _default),
    (_optional, _require),
    (_plain, _deprecate),
)
