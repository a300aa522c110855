"""Small documents that would expand to huge ones: their expansion is bounded, and no build hangs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codegen.document.pull import pull
from codegen.document.tree import SpecError, parse, read
from tests.codegen.documents import body, document, fields, modules, operation, save
from tests.codegen.work import TooMuchWork, at_most

Document = dict[str, Any]
CALLS = 12_000_000
"""Many times what these documents need, and far less than what their expansions would."""


def ref(number: int) -> Document:
    return {"$ref": f"#/components/schemas/A{number}"}


def spread(how: str, levels: int) -> dict[str, Document]:
    """Schemas that each contain the next one twice."""
    made: dict[str, Document] = {f"A{levels}": {"type": "object", "properties": {"v": {"type": "string"}}}}
    for number in range(levels):
        twice = [ref(number + 1), ref(number + 1)]
        if how == "properties":
            made[f"A{number}"] = {"type": "object", "properties": dict(zip("lr", twice, strict=True))}
        elif how == "items":
            made[f"A{number}"] = {"type": "array", "items": {"oneOf": twice}}
        else:
            made[f"A{number}"] = {how: twice}
    return made


def graph(nodes: int) -> dict[str, Document]:
    """Objects that all contain all others."""
    return {
        f"A{number}": {
            "type": "object",
            "properties": {f"p{other}": ref(other) for other in range(nodes) if other != number},
        }
        for number in range(nodes)
    }


def using(schemas: dict[str, Document], *, in_reply: bool = False) -> Document:
    """A document with a start whose body, or reply, is made of the schemas."""
    start = operation(requestBody=fields(x=ref(0) if not in_reply else {"type": "string"}))
    if in_reply:
        data = {"type": "object", "properties": {"data": ref(0)}}
        start["responses"]["200"]["content"]["application/json"]["schema"] = data
    made = document({"/api/v1/things/start": {"post": start}, "/api/v1/things/list": {"get": operation()}})
    made["components"]["schemas"] = schemas
    return made


@pytest.mark.parametrize("how", ["allOf", "anyOf", "oneOf", "items"])
def test_schemas_made_of_too_many_schemas_are_named(how: str, tmp_path: Path) -> None:
    source = save(tmp_path / "new.json", using(spread(how, 30)))
    words = r"new\.json.*\n.*#/components/schemas/A\d+: made of more than"
    with at_most(CALLS), pytest.raises(SpecError, match=words):
        pull(str(source), tmp_path / "upstream.json")
    assert not (tmp_path / "upstream.json").exists()


@pytest.mark.parametrize("schemas", [spread("properties", 60), graph(9)], ids=["twice", "all in all"])
def test_a_body_with_too_many_members_has_types_up_to_a_bound(
    schemas: dict[str, Document], tmp_path: Path
) -> None:
    assert len(modules(tmp_path, using(schemas))["things.py"]) < 1_000_000


@pytest.mark.parametrize("schemas", [spread("properties", 60), graph(9)], ids=["twice", "all in all"])
def test_such_replies_give_one_class_for_each_schema(schemas: dict[str, Document], tmp_path: Path) -> None:
    with at_most(CALLS):
        text = modules(tmp_path, using(schemas, in_reply=True))["things.py"]
    assert text.count("\nclass ") == len(schemas) + 1


def test_members_of_members_are_known_in_any_order_of_declaration(tmp_path: Path) -> None:
    schemas = {"A0": {"type": "object", "properties": {"a": ref(1)}}} | spread("properties", 2)
    made = modules(tmp_path, using(schemas))
    assert 'Field("l", dict, fields=(Field("v", str),))' in made["things.py"]


@pytest.mark.parametrize("length", [60, 1050])
@pytest.mark.parametrize("how", ["allOf", "items"])
def test_a_long_chain_of_references_is_named(how: str, length: int, tmp_path: Path) -> None:
    schemas: dict[str, Document] = {f"A{length}": {"type": "object", "properties": {"v": {"type": "string"}}}}
    for number in range(length):
        inner = ref(number + 1)
        schemas[f"A{number}"] = {"allOf": [inner]} if how == "allOf" else {"type": "array", "items": inner}
    words = r"#/components/schemas/A\d+: more than \d+ schemas inside each other"
    with at_most(CALLS), pytest.raises(SpecError, match=words):
        modules(tmp_path, using(schemas))


def test_a_chain_of_plain_references_to_itself_is_a_circle(tmp_path: Path) -> None:
    schemas = {"A0": ref(1), "A1": ref(2), "A2": ref(0)}
    with pytest.raises(SpecError, match=r"#/components/schemas/A\d: \$ref .* leads in a circle"):
        modules(tmp_path, using(schemas))


def test_an_object_may_contain_itself(tmp_path: Path) -> None:
    tree = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": ref(0)}},
    }
    made = modules(tmp_path, using({"A0": tree}))
    assert "children: Sequence[Mapping[str, Any]]" in made["things.py"]


def test_twenty_megabytes_of_nesting_and_of_width_are_read_in_time(tmp_path: Path) -> None:
    with at_most(CALLS), pytest.raises(SpecError, match="nested deeper"):
        parse(b'{"a":' * 4_000_000, "deep")
    source = tmp_path / "wide.json"
    source.write_bytes(b'{"openapi":"4.0.0","a":[' + b"[]," * 100_000 + b"0]}")
    with at_most(CALLS), pytest.raises(SpecError, match="#/openapi"):
        pull(str(source), tmp_path / "upstream.json")


def test_a_body_made_of_itself_is_refused(tmp_path: Path) -> None:
    content = document({"/a/start": {"post": operation(requestBody=body({"allOf": [ref(0), ref(0)]}))}})
    content["components"]["schemas"]["A0"] = {"allOf": [ref(0)]}
    path = save(tmp_path / "new.json", content)
    with pytest.raises(SpecError, match="#/components/schemas/A0: the schema is made of itself"):
        pull(str(path), tmp_path / "upstream.json")
    assert json.loads(path.read_text()) == read(path)


def test_too_much_work_is_noticed() -> None:
    with pytest.raises(TooMuchWork), at_most(100):
        [abs(one) for one in range(1000)]
