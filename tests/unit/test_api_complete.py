"""Every operation of openapi/a2e.json is one typed method, and there is none extra.

The document is walked here on its own, without the generator's help.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import pytest

from a2e_async._spec.decoders import likely, likely_many
from a2e_async._spec.operation import Operation, many, one, raw, text
from a2e_async.api import RESOURCES, Api
from a2e_async.errors import InvalidArgument
from a2e_async.records import Record, TaskRecord
from a2e_async.resources import Resource, Workflow

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "openapi" / "a2e.json").read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "delete", "patch")
Key = tuple[str, str]

DECLARED: dict[Key, dict[str, Any]] = {
    (method.upper(), path): item[method]
    for path, item in DOCUMENT["paths"].items()
    for method in METHODS
    if method in item
}


def modules() -> dict[str, types.ModuleType]:
    return {name: importlib.import_module(place.partition(":")[0]) for name, place in RESOURCES.items()}


MODULES = modules()
CONSTANTS: dict[Key, tuple[str, str, Operation[Any]]] = {}
for _name, _module in MODULES.items():
    for _constant, _value in vars(_module).items():
        if isinstance(_value, Operation):
            _key = (_value.method, _value.path)
            assert _key not in CONSTANTS, f"{_key} stands twice"
            CONSTANTS[_key] = (_name, _constant, _value)


def methods_using(module: types.ModuleType, class_name: str) -> dict[str, list[str]]:
    """Which methods of the resource's class name which operation, read from the source."""
    tree = ast.parse(inspect.getsource(module))
    cls = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == class_name)
    used: dict[str, list[str]] = {}
    for node in cls.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        for name in names:
            if isinstance(vars(module).get(name), Operation):
                used.setdefault(name, []).append(node.name)
    return used


USED = {name: methods_using(module, RESOURCES[name].partition(":")[2]) for name, module in MODULES.items()}


def resolved(value: Any) -> Any:
    while isinstance(value, Mapping) and "$ref" in value:
        found: Any = DOCUMENT
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def members(schema: Any) -> tuple[dict[str, Any], set[str]]:
    """Properties and required names of an object, allOf included."""
    schema = resolved(schema) or {}
    found, required = {}, set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        inner, needed = members(part)
        found.update(inner)
        required |= needed
    found.update(schema.get("properties", {}))
    return found, required


def body_of(operation: dict[str, Any]) -> Any:
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")


def test_no_operation_of_upstream_is_missing() -> None:
    upstream = json.loads((ROOT / "openapi" / "upstream.json").read_text(encoding="utf-8"))
    keys = {
        (method.upper(), path)
        for path, item in upstream["paths"].items()
        for method in METHODS
        if method in item
    }
    assert keys
    assert keys <= set(DECLARED)


def test_every_operation_is_declared_once_and_none_is_extra() -> None:
    assert set(CONSTANTS) == set(DECLARED)


def test_every_operation_is_exactly_one_method() -> None:
    for name, constant, _ in CONSTANTS.values():
        # One that streams has two overloads besides; those are only types.
        assert len(USED[name].get(constant, [])) == 1, (name, constant)
    methods = {(name, method) for name, used in USED.items() for found in used.values() for method in found}
    assert len(methods) == len(DECLARED)


def test_no_class_has_a_public_method_that_is_no_operation() -> None:
    for name, module in MODULES.items():
        cls = getattr(module, RESOURCES[name].partition(":")[2])
        own = {key for key, value in vars(cls).items() if inspect.isfunction(value)}
        assert own == {method for found in USED[name].values() for method in found}


def test_every_resource_hangs_on_the_client_under_its_name() -> None:
    assert {name for name in vars(Api) if not name.startswith("_")} == {*RESOURCES}
    api = Api()
    for name, place in RESOURCES.items():
        resource = getattr(api, name)
        assert isinstance(resource, Resource)
        assert f"{type(resource).__module__}:{type(resource).__name__}" == place
        assert resource.name == name
        assert getattr(api, name) is resource
        assert get_type_hints(type(resource).__init__)["client"]


def test_starts_are_calls_and_their_replies_are_task_records() -> None:
    for name, module in MODULES.items():
        cls = getattr(module, RESOURCES[name].partition(":")[2])
        if issubclass(cls, Workflow):
            assert USED[name]["START"] == ["__call__"]
            assert cls.routes.start is module.START
            assert issubclass(cls.record_type, TaskRecord)
            assert cls.record_type.__name__ == f"{cls.__name__}Record"
        else:
            assert not callable(cls(client=None))


def parameters_and_members_are_all_there_and_typed(key: Key) -> None:
    operation, constant = DECLARED[key], CONSTANTS[key][2]
    parameters = [resolved(one) for one in operation.get("parameters", [])]
    path = [one["name"] for one in parameters if one["in"] == "path"]
    assert [field.wire_name for field in constant.path_fields] == path == re.findall(r"\{(.+?)\}", key[1])
    query = {one["name"]: one for one in parameters if one["in"] == "query"}
    paging = constant.paging
    turned = {paging.page} - {None} if paging else set()
    assert {field.wire_name for field in constant.query} == set(query) - turned
    for field in constant.query:
        counted = paging is not None and field.wire_name == paging.size
        assert field.required == (query[field.wire_name].get("required", False) and not counted)
    properties, required = members(body_of(operation))
    assert {field.wire_name for field in constant.body} == set(properties)
    # The SDK writes the name of a start's task, so a caller never has to.
    written = {"name"} if CONSTANTS[key][1] == "START" else set()
    needed = required & set(properties) - written
    assert {field.wire_name for field in constant.body if field.required} == needed
    kinds = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list, "object": dict}
    for field in (*constant.query, *constant.body):
        parameter = query.get(field.wire_name) if field in constant.query else None
        schema = resolved(parameter["schema"] if parameter else properties[field.wire_name])
        assert field.kind is kinds.get(schema.get("type"), object), field
        assert field.choices == tuple(schema.get("enum", ()))
        assert field.max_length == schema.get("maxLength")
        assert (field.min_items, field.max_items) == (schema.get("minItems"), schema.get("maxItems"))
        if "minimum" in schema or "maximum" in schema:
            # A page has at least one record, even where the document does not say so.
            counted = paging is not None and field in constant.query and field.wire_name == paging.size
            bounds = (schema.get("minimum", 1 if counted else None), schema.get("maximum"))
            assert schema.get("enum") or (field.minimum, field.maximum) == bounds
    assert constant.has_body == (key[0] in ("POST", "PUT", "PATCH"))


def the_signature_says_what_the_declaration_checks(key: Key) -> None:
    name, constant, operation = CONSTANTS[key]
    module = MODULES[name]
    cls = getattr(module, RESOURCES[name].partition(":")[2])
    method = getattr(cls, USED[name][constant][0])
    parameters = list(inspect.signature(method).parameters.values())[1:]
    assert parameters[-1].kind is inspect.Parameter.VAR_KEYWORD
    declared = {field.name: field for field in (*operation.path_fields, *operation.query, *operation.body)}
    besides = {"body", "timeout"} if "202" in DECLARED[key]["responses"] else {"body"}
    taken = {one.name: one for one in parameters[:-1] if one.name not in besides or one.name in declared}
    assert set(taken) == set(declared)
    for parameter in taken.values():
        assert (parameter.default is inspect.Parameter.empty) == declared[parameter.name].required
    positional = [one.name for one in parameters if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional in ([], ["id"], ["ids"])
    told = inspect.getdoc(method) or ""
    for argument in (*taken, "options"):
        assert re.search(rf"^    {argument}: \S", told, re.MULTILINE), argument
    assert "Args:" in told
    assert "Returns:" in told
    assert "Raises:" in told


def sample(schema: Any, field: Any) -> Any:
    """Some value that the document's schema allows."""
    schema = resolved(schema)
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "string":
        if field.media or str(schema.get("pattern", "")).startswith("^https"):
            return "https://host.example/a.png"
        return "5" * 24
    if kind in ("integer", "number"):
        return schema.get("minimum", 5)
    if kind == "boolean":
        return True
    if kind == "array":
        items = schema.get("items", {})
        inner = field.item if field.item is not None else field
        return [sample(items, inner)] * max(1, schema.get("minItems", 1))
    if kind == "object":
        inner = {one.wire_name: one for one in field.fields}
        return {key: sample(value, inner[key]) for key, value in schema.get("properties", {}).items()}
    return "anything"


def every_declared_member_can_be_sent_under_its_wire_name(key: Key) -> None:
    operation, constant = DECLARED[key], CONSTANTS[key][2]
    query = {one["name"]: one["schema"] for one in operation.get("parameters", []) if one["in"] == "query"}
    properties, _ = members(body_of(operation))
    exclusive = {name for group in operation.get("x-a2e-exclusive", ()) for name in group[1:]}
    values: dict[str, Any] = {field.name: "abc" for field in constant.path_fields}
    values |= {field.name: sample(query[field.wire_name], field) for field in constant.query}
    wanted = {
        field.wire_name: sample(properties[field.wire_name], field)
        for field in constant.body
        if field.wire_name not in exclusive
    }
    names = {field.wire_name: field.name for field in constant.body}
    # Not all members go together with all values of others; that is tested where the rules are.
    free = attrs.evolve(constant, needs=())
    call = free.call(values | {names[wire]: value for wire, value in wanted.items()}, {})
    assert call.method == key[0]
    assert call.path == re.sub(r"\{.+?\}", "abc", key[1])
    assert set(call.query) == {field.wire_name for field in constant.query}
    # A body that nobody declared or gave is not sent.
    assert (call.body or {}) == (wanted if constant.has_body else {})


def what_is_required_is_missed(key: Key) -> None:
    operation, constant = DECLARED[key], CONSTANTS[key][2]
    _, required = members(body_of(operation))
    conditional = operation.get("x-a2e-any-of") or operation.get("x-a2e-needs")
    needed = bool(required or constant.path_fields or any(field.required for field in constant.query))
    if needed:
        with pytest.raises(InvalidArgument):
            constant.call({}, {})
    elif not conditional:
        assert constant.call({}, {}).path == key[1]


@pytest.mark.parametrize("resource", MODULES)
@pytest.mark.parametrize(
    "check",
    [
        parameters_and_members_are_all_there_and_typed,
        the_signature_says_what_the_declaration_checks,
        every_declared_member_can_be_sent_under_its_wire_name,
        what_is_required_is_missed,
    ],
    ids=lambda check: check.__name__,
)
def test_every_operation(check: Callable[[Key], None], resource: str) -> None:
    keys = [key for key, (name, _, _) in CONSTANTS.items() if name == resource]
    assert keys
    for key in keys:
        check(key)


def test_decoders_fit_the_replies_that_the_document_declares() -> None:
    kinds = {"one": 0, "many": 0, "text": 0, "raw": 0}
    for key, operation in DECLARED.items():
        reply = CONSTANTS[key][2].reply
        kind = decoder_name(reply)
        kinds[kind] += 1
        content = resolved(operation["responses"]["200"]).get("content", {})
        data = resolved(members(content.get("application/json", {}).get("schema"))[0].get("data")) or {}
        if data.get("type") == "array" and resolved(data["items"]).get("type") == "object":
            starts = CONSTANTS[key][1] == "START"
            assert kind == ("one" if starts else "many"), key
        elif data.get("type") == "string":
            assert kind == "text", key
        elif "rows" in data.get("properties", {}) or "list" in data.get("properties", {}):
            assert kind == "many", key
        elif members(data)[0]:
            assert kind == "one", key
        elif not data or data == {"type": "object"}:
            confirms = key[0] == "DELETE" or operation.get("x-a2e-confirms")
            assert kind == ("many" if CONSTANTS[key][2].paging else "one" if confirms else "raw"), key
    assert kinds["one"]
    assert kinds["many"]


def decoder_name(reply: Any) -> str:
    for maker, kind in ((one, "one"), (likely, "one"), (many, "many"), (likely_many, "many")):
        if reply.__qualname__.startswith(f"{maker.__name__}."):
            return kind
    return {text: "text", raw: "raw"}[reply]


def test_records_decode_what_the_document_declares() -> None:
    for name, module in MODULES.items():
        for record in vars(module).values():
            if (
                isinstance(record, type)
                and issubclass(record, Record)
                and record.__module__ == module.__name__
            ):
                made = record.decode({"_id": "a", "surplus": [1]})
                assert made.raw["surplus"] == [1], name
                assert record.__doc__


def test_the_switch_against_minors_protection_is_not_offered_and_not_sent() -> None:
    for _, _, operation in CONSTANTS.values():
        assert all(field.wire_name != "minor_suspected_skip" for field in operation.body)
    start = CONSTANTS["POST", "/api/v1/headSwap/start"][2]
    urls = {"image_url": "https://h.example/a.png", "target_image_url": "https://h.example/b.png"}
    assert start.call(urls, {}).body == urls
    with pytest.raises(InvalidArgument, match="minor_suspected_skip"):
        start.call(urls, {"extra_body": {"minor_suspected_skip": True}})


def test_nothing_generated_is_imported_until_it_is_touched() -> None:
    script = (
        "import sys; from a2e_async import A2E; a2e = A2E(token='sk_x')\n"
        "def loaded(): return sorted(m for m in sys.modules if m.startswith('a2e_async.api.'))\n"
        "assert loaded() == [], loaded(); a2e.wan25\n"
        "assert loaded() == ['a2e_async.api.wan25'], loaded()"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def examples() -> list[tuple[str, str]]:
    found = []
    for name, module in MODULES.items():
        cls = getattr(module, RESOURCES[name].partition(":")[2])
        told = inspect.getdoc(vars(cls).get("__call__")) or ""
        match = re.search(
            r"```python\n(.*?)\n\s*(?:result = await job.run|task = await job.start)\(\)", told, re.DOTALL
        )
        if match:
            found.append((name, match[1]))
    return found


def test_the_examples_in_the_docstrings_pass_their_own_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("cat.png", "clip.mp4", "speech.mp3"):
        Path(file).write_bytes(b"x")
    workflows = [name for name, module in MODULES.items() if hasattr(module, "START")]
    assert [name for name, _ in examples()] == workflows
    for name, code in examples():
        scope: dict[str, Any] = {"a2e": Api(), "Path": Path}
        exec(inspect.cleandoc(code), scope)
        assert scope["job"].workflow.name == name
