"""Both clients have the same names with the same parameters, at run time and in the stub."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import a2e_async
from a2e_async import sync
from a2e_async._sync.face_classes import is_live
from a2e_async.api import RESOURCES

STUB = ast.parse(Path(sync.__file__).with_suffix(".pyi").read_text("utf-8"))
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}

_NOT_THERE = {"a2e_async.plain", "a2e_async.hints"}  # modules of mere helpers

# What a user of either client has no use for.
INTERNAL = {
    "Job": {"call", "name_field", "operation", "started", "task"},
    "OpenRun": set[str](),
    "Resource": {"runtime"},
    "Workflow": {"reader", "routes", "start_operation", "start_method"},
    "A2E": {"runtime"},
}


def live() -> Iterator[type[Any]]:
    """The classes of the async client that have twins."""
    for name in a2e_async.__all__:
        value = getattr(a2e_async, name)
        if isinstance(value, type) and (is_live(value) or name == "Outcome"):
            yield value
    for place in RESOURCES.values():
        module, _, name = place.partition(":")
        yield getattr(importlib.import_module(module), name)
    for name, module in vars(sync)["_RETURNED"].items():
        yield getattr(importlib.import_module(module), name)


def public(kind: type[Any]) -> dict[str, Any]:
    """The public members of a class, by their names without await."""
    found = {}
    for name in dir(kind):
        value = inspect.getattr_static(kind, name)
        home = next((each.__module__ for each in kind.__mro__ if name in vars(each)), "")
        if name.startswith("_") or not home.startswith("a2e_async.") or home in _NOT_THERE:
            continue
        if name == "close" and hasattr(kind, "aclose"):
            continue
        found["close" if name == "aclose" else name] = value

    for name in ("__aenter__", "__aexit__", "__aiter__", "__anext__", "__call__", "__iter__", "__len__"):
        if any(name in vars(each) for each in kind.__mro__ if each.__module__ not in _NOT_THERE):
            found[name.replace("__a", "__")] = inspect.getattr_static(kind, name)
    return found


def in_stub(name: str) -> dict[str, ast.stmt]:
    """The members of a class of the stub, with those of its bases there."""
    node = CLASSES[name]
    found: dict[str, ast.stmt] = {}
    for base in reversed(node.bases):
        above = ast.unparse(base).partition("[")[0]
        found |= in_stub(above) if above in CLASSES else {}
    for member in node.body:
        if isinstance(member, ast.FunctionDef):
            found[member.name] = member
        elif isinstance(member, ast.AnnAssign):
            found[ast.unparse(member.target)] = member
    return found


def parameters(function: Any) -> list[tuple[str, str, bool]]:
    """Name, kind and whether it may be left out."""
    if isinstance(function, ast.FunctionDef):
        return parameters_in(function.args)
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.kind.name, each.default is not each.empty) for each in found]


def parameters_in(arguments: ast.arguments) -> list[tuple[str, str, bool]]:
    """The same, as they are written."""
    only = len(arguments.posonlyargs)
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    found = [
        (each.arg, "POSITIONAL_ONLY" if at < only else "POSITIONAL_OR_KEYWORD", at >= required)
        for at, each in enumerate(positional)
    ]
    if arguments.vararg:
        found.append((arguments.vararg.arg, "VAR_POSITIONAL", False))
    defaults = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [(each.arg, "KEYWORD_ONLY", default is not None) for each, default in defaults]
    if arguments.kwarg:
        found.append((arguments.kwarg.arg, "VAR_KEYWORD", False))
    return found


def members_of(kind: type[Any]) -> set[str]:
    """Those that the stub must have."""
    hidden = set().union(*(INTERNAL.get(each.__name__, ()) for each in kind.__mro__))
    return set(public(kind)) - hidden


def test_every_member_has_a_twin_with_the_same_parameters() -> None:
    kinds = list(live())
    assert len(kinds) > len(RESOURCES) + 8
    for kind in kinds:
        stub, ours = in_stub(kind.__name__), public(kind)
        assert members_of(kind) - set(stub) == set(), kind
        more = {"__init__", "__enter__", "__exit__", "__fspath__", *fields(kind)}
        assert set(stub) - set(ours) - more == set(), kind

        for name in members_of(kind):
            if not inspect.isfunction(ours[name]):
                continue
            twin = getattr(getattr(sync, kind.__name__), name)
            assert kind is a2e_async.Outcome or not inspect.iscoroutinefunction(twin), (kind, name)
            if not name.startswith("__"):
                assert parameters(twin) == parameters(ours[name]), (kind, name)
            if name != "__exit__" and not is_overloaded(kind, name):
                assert parameters(stub[name]) == parameters(ours[name]), (kind, name)


def fields(kind: type[Any]) -> set[str]:
    """What its instances have: declared, in slots, or set when they are made."""
    kinds = [each for each in kind.__mro__ if each.__module__.startswith("a2e_async.")]
    made = [set_in(each) for each in kinds]
    declared = [[*vars(each).get("__annotations__", ()), *vars(each).get("__slots__", ())] for each in kinds]
    return {name for names in [*made, *declared] for name in names}


@functools.cache
def set_in(kind: type[Any]) -> list[str]:
    return re.findall(r"self\.([a-z]\w+)(?:: [^=]+)? =", inspect.getsource(kind))


def is_overloaded(kind: type[Any], name: str) -> bool:
    members = [each for each in CLASSES[kind.__name__].body if isinstance(each, ast.FunctionDef)]
    return any(each.name == name and "overload" in map(ast.unparse, each.decorator_list) for each in members)


def test_the_stub_exports_what_the_module_has() -> None:
    (listed,) = [node.value for node in STUB.body if isinstance(node, ast.Assign)]
    assert ast.literal_eval(listed) == sync.__all__ == a2e_async.__all__
    for name in [*sync.__all__, *CLASSES]:
        assert getattr(sync, name), name
    assert set(dir(sync)) >= set(sync.__all__)


def test_the_words_of_the_documentation_await_nothing() -> None:
    docs = {name: ast.get_docstring(node) or "" for name, node in CLASSES.items()}
    for name, node in CLASSES.items():
        functions = [member for member in node.body if isinstance(member, ast.FunctionDef)]
        docs |= {f"{name}.{member.name}": ast.get_docstring(member) or "" for member in functions}
    assert {name for name, text in docs.items() if "await " in text or "async " in text} == set()
    assert "await " not in (sync.A2E.bulk.__doc__ or "")
    assert "await " not in (sync.Job.__doc__ or "") + (sync.TextToImage.__call__.__doc__ or "")
