"""Hostile documents: their words stay text, whatever characters they have."""

from __future__ import annotations

import ast
import keyword
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.document.complete import complete
from codegen.document.tree import SpecError
from codegen.generate import ResourceProject, generate
from tests.codegen.documents import ROOT, document, fields, id_parameter, import_text, operation

NASTY = (
    '"""\nimport os; os.abort()\n"""',
    "''' + __import__('os').abort() + '''",
    '") or __import__("os").abort() or ("',
    "\\",
    '\\"""',
    "\\N{BULLET} \\x41 \\u0041 \\",
    '"',
    "'",
    "{{ ''.__class__ }} {% raw %} {# x #}",
    "{open('/tmp/x', 'w')}",
    "line\nbreak\r\n\x00\x1b[31m\u2028\u202e\x85 end",
    "# noqa\n@property",
    "a" * 300,
    "\\" * 200,
    "\ud800",
    "__class__",
    "*",
    "",
)
ALLOWED_CALLS = {
    "Operation", "Field", "Paging", "Need", "Routes", "TypedDict", "one", "many", "with_body",
    "attrs.frozen", "attrs.field", "self._request", "self._pages", "self._job", "self._stream",
}  # fmt: skip
ALLOWED_STATEMENTS = (
    ast.Expr, ast.Assign, ast.AnnAssign, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.ImportFrom, ast.Import, ast.Return, ast.If,
)  # fmt: skip
ALLOWED_IMPORTS = {
    "__future__", "attrs", "collections.abc", "functools", "typing",
    "a2e_async._spec.decoders", "a2e_async._spec.field", "a2e_async._spec.media", "a2e_async._spec.operation",
    "a2e_async._spec.routes", "a2e_async._spec.rules", "a2e_async.events", "a2e_async.jobs",
    "a2e_async.pages", "a2e_async.protocols", "a2e_async.records", "a2e_async.resources", "a2e_async.runtime",
    "a2e_async.tasks",
}  # fmt: skip


def assert_harmless(source: str) -> None:
    """The module declares and calls only what our templates declare and call."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            assert ast.unparse(node) == "raise NotImplementedError"
        elif isinstance(node, ast.stmt):
            assert isinstance(node, ALLOWED_STATEMENTS), ast.dump(node)

        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), ast.dump(node)
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) in ALLOWED_CALLS or ast.unparse(node) == "Things(self)"

        if isinstance(node, ast.ImportFrom):
            assert node.module in ALLOWED_IMPORTS or str(node.module).startswith("a2e_async.api."), (
                node.module
            )
        if isinstance(node, ast.Import):
            assert [name.name for name in node.names] == ["attrs"]

        if isinstance(node, ast.Constant) and isinstance(node.value, bytes | complex):
            pytest.fail(ast.dump(node))
        if isinstance(node, ast.JoinedStr | ast.Lambda | ast.Await):
            assert isinstance(node, ast.Await), ast.dump(node)


def hostile(text: str) -> dict[str, Any]:
    """A document with the text in every place that takes one."""
    properties: dict[str, Any] = {
        text: {
            "type": "string",
            "description": text,
            "enum": [text, "other"],
            "default": text,
            "example": text,
        },
        "image_url": {"type": "string", "description": text, "example": text},
        "nested": {
            "type": "object",
            "description": text,
            "properties": {text: {"type": "string", "description": text}},
        },
        "list": {"type": "array", "items": {"type": "string", "enum": [text]}},
    }

    made = document(
        {
            "/api/v1/things/start": {
                "post": operation(
                    summary=text,
                    description=text,
                    tags=[text],
                    operationId=text or "x",
                    requestBody=fields([text], **properties),
                )
            },
            "/api/v1/things/list": {
                "get": operation(
                    summary=text,
                    parameters=[
                        {
                            "name": text or "q",
                            "in": "query",
                            "required": True,
                            "description": text,
                            "schema": {"type": "string", "default": text, "example": text},
                        }
                    ],
                )
            },
            "/api/v1/things/{_id}": {
                "get": operation(
                    parameters=[{**id_parameter(), "description": text}],
                    responses={
                        "200": {
                            "description": text,
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "type": "object",
                                        "properties": {
                                            "data": {
                                                "type": "object",
                                                "description": text,
                                                "properties": {
                                                    text: {"type": "string", "description": text},
                                                    "inner": {"type": "object", "properties": {text: {}}},
                                                },
                                            }
                                        },
                                    }
                                }
                            },
                        }
                    },
                )
            },
        },
        tags=[{"name": text, "description": text}],
    )

    made["info"] = {"title": text, "version": text, "description": text}
    return made


@pytest.mark.parametrize("text", NASTY)
def test_a_hostile_document_puts_no_code_into_the_package(text: str) -> None:
    made = hostile(text)
    complete(made)
    try:
        _, files = generate(made)
    except SpecError:
        return
    for source in files.values():
        assert_harmless(source)

    module = import_text(files["things.py"], "generated_things")
    assert {"Things", "START"} <= set(vars(module))
    values = {field.name: value for field in module.START.body if (value := field.choices[:1])}
    if text:
        assert values
        name = next(iter(values))
        assert keyword.iskeyword(name) is False
        assert module.START.body[0].wire_name == text
        assert module.START.body[0].choices == (text, "other")


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40) | st.text("\"'\\\n{}()#_aé\x00", min_size=1, max_size=20))
def test_no_text_gets_out_of_its_string(text: str) -> None:
    made = hostile(text)
    complete(made)
    try:
        project = ResourceProject(made)
        files = project.render(project.interface())
    except SpecError:
        return
    for source in files.values():
        assert_harmless(source)


# Names that are harmless by themselves, where they meet what the generated code is made of.
UNLUCKY = (
    "str", "int", "float", "bool", "list", "dict", "object", "attrs", "self", "cls", "options", "overload",
    "with_body", "many", "one", "raw", "text", "decode", "None", "True", "from", "class", "match", "type",
    "print", "values", "timeout", "stream", "__init__", "Any", "Sequence", "Field", "Record", "extra_body",
    "name",
)  # fmt: skip


TYPES_NEEDED = """\
[mypy]
# What generated code is made of is read for its types. What lies below that is not read at all.
[mypy-a2e_async.*]
ignore_errors = True
[mypy-a2e_async.api.*,a2e_async.client,a2e_async._bulk.*,a2e_async._files.*,a2e_async._transport.*]
follow_imports = skip
[mypy-anyio.*,httpx.*]
follow_imports = skip
"""


def unlucky() -> dict[str, Any]:
    """A document with these names in every place that takes a name."""
    plain: dict[str, Any] = {name: {"type": "string"} for name in UNLUCKY}
    mixed = {**plain, "number": {"type": "number"}, "counts": {"type": "array", "items": {"type": "integer"}}}

    reply = operation()
    data = {"type": "object", "properties": {"data": {"type": "object", "properties": mixed}}}
    reply["responses"]["200"]["content"]["application/json"]["schema"] = data

    paths = {
        "/api/v1/things/start": {
            "post": operation(requestBody=fields(**plain, nested={"type": "object", "properties": mixed}))
        },
        "/api/v1/things/{_id}": {"get": {**reply, "parameters": [id_parameter()]}},
    }
    paths |= {
        f"/api/v1/things/{{_id}}/{name}": {"post": operation(parameters=[id_parameter()])} for name in UNLUCKY
    }
    paths |= {f"/api/v1/{name}/list": {"get": operation()} for name in UNLUCKY}
    return document(paths)


def test_names_of_python_and_of_the_package_do_no_harm(tmp_path: Path) -> None:
    made = unlucky()
    complete(made)
    _, files = generate(made)

    module = import_text(files["things.py"], "generated_things")
    record = module.ThingsRecord.decode(dict.fromkeys(UNLUCKY, "x") | {"number": 1.5, "counts": [1, "a"]})
    assert (record.str_, record.int_, record.attrs_, record.from_) == ("x", "x", "x", "x")
    assert record.number == 1.5
    job = module.Things(client=None)(str="a", self_="b", with_body_="c", nested={"str": "d", "number": 1})
    assert job.body == {"str": "a", "self": "b", "with_body": "c", "nested": {"str": "d", "number": 1}}

    package = tmp_path / "unlucky_package"
    package.mkdir()
    for name, text in files.items():
        (package / name).write_text(text.replace("a2e_async.api.", "unlucky_package."))

    (tmp_path / "mypy.ini").write_text(TYPES_NEEDED)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(package)],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": f"{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
