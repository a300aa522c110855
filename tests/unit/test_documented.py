"""Every part of the generated interface has its words where editors look for them.

They show the docstring of the attribute where a workflow is called, the words of a parameter up to the end
of its line, and what stands below a member. So this reads the source, as they do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import a2e_async
from a2e_async.api import RESOURCES

PACKAGE = Path(a2e_async.__file__).parent
CLASSES = {name: place.partition(":")[2] for name, place in RESOURCES.items()}
OPTIONS = "See `CallOptions`."

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def classes(path: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse((PACKAGE / path).read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def functions(node: ast.ClassDef) -> Iterator[Function]:
    for each in node.body:
        if isinstance(each, Function) and (each.name[0] != "_" or each.name == "__call__"):
            yield each


def parameters(function: Function) -> list[ast.arg]:
    return [*function.args.args[1:], *function.args.kwonlyargs]


def shown(docstring: str, name: str) -> str:
    """What Pyright shows for a parameter: the first line that names it, from there."""
    for line in map(str.strip, docstring.splitlines()):
        for mark in (f"{name}: ", f"{name} ("):
            if mark in line:
                return line[line.index(mark) :]
    return ""


def check_parameter(place: tuple[str, ...], docstring: str, parameter: ast.arg) -> None:
    words = shown(docstring, parameter.arg)
    assert words in map(str.strip, docstring.splitlines()), (place, parameter.arg, words)
    said = words.partition(": ")[2]
    assert said, (place, parameter.arg)

    annotation = ast.unparse(parameter.annotation or ast.Constant(None))
    if re.search(r"\bMedia\b", annotation):
        assert "a Path, bytes, an `Upload` or a `Result`." in said, (place, parameter.arg, said)
    for known in re.findall(r"Literal\[([^]]*)\]", annotation):
        if known not in ("True", "False"):
            check_values(place, said, list(ast.literal_eval(f"({known},)")))


def check_values(place: tuple[str, ...], said: str, known: list[object]) -> None:
    """The words have every known value, or both ends of whole numbers in a row."""
    numbers = [value for value in known if isinstance(value, int)]
    if len(numbers) == len(known) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        known = [numbers[0], numbers[-1]]
    assert [value for value in known if str(value) not in said] == [], (place, said)


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("stub", [False, True], ids=["async", "sync"])
def test_every_parameter_of_a_resource_is_described(resource: str, stub: bool) -> None:
    node = classes("sync.pyi" if stub else f"api/{resource}.py")[CLASSES[resource]]
    seen = 0

    for function in functions(node):
        docstring = ast.get_docstring(function)
        if any(ast.unparse(each) == "overload" for each in function.decorator_list) and not stub:
            continue  # the implementation has it
        assert docstring, (resource, function.name)
        for parameter in parameters(function):
            seen += 1
            check_parameter((resource, function.name), docstring, parameter)
        if function.args.kwarg is not None:
            assert shown(docstring, "options") == f"options: {OPTIONS}"
    assert seen or resource in ("account", "transactions"), resource


@pytest.mark.parametrize("stub", [False, True], ids=["async", "sync"])
def test_the_attribute_of_a_resource_says_what_it_makes_and_takes(stub: bool) -> None:
    client = classes("sync.pyi" if stub else "api/__init__.py")["Api"]
    attributes = {each.name: each for each in functions(client)}

    for resource, name in CLASSES.items():
        docstring = ast.get_docstring(attributes[resource]) or ""
        methods = {each.name: each for each in functions(classes(f"api/{resource}.py")[name])}
        call = methods.pop("__call__", None)
        for method in methods:
            assert re.search(rf"`{method}`|^ +{method}\(", docstring, re.MULTILINE), (resource, method)
        if call is None:
            continue

        assert re.match(r"[^\n]+: [^\n]+\.\n", docstring), resource
        assert f"a2e.{resource}(" in docstring
        assert ("await " in docstring) is not stub
        for parameter in parameters(call):
            check_parameter((resource,), docstring, parameter)
            assert f"{parameter.arg} (" in docstring, (resource, parameter.arg)
        defaults = zip(call.args.kwonlyargs, call.args.kw_defaults, strict=True)
        required = {each.arg for each, default in defaults if default is None}
        assert set(re.findall(r"(?m)^ +(\w+) \([^)]*, required\)", docstring)) == required, resource


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_member_that_is_described_has_its_words_below(resource: str) -> None:
    for node in classes(f"api/{resource}.py").values():
        docstring = ast.get_docstring(node) or ""
        listed = re.sub(r"\A.*?\n\n", "", docstring, count=1, flags=re.DOTALL)
        for member, below in zip(node.body, [*node.body[1:], None], strict=True):
            if not (isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name)):
                continue
            entry = re.search(rf"(?m)^ *{member.target.id}: (.+)$", listed)
            words = below.value if isinstance(below, ast.Expr) else None
            found = ast.literal_eval(words).strip() if words is not None else None
            assert (entry and entry[1]) == found, (resource, node.name, member.target.id)
