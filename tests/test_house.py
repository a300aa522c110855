"""The rules of the house that no linter knows: short modules, small circles, empty doors, private wings.

Which module may import which is in pyproject.toml, under ``tool.importlinter``; ``make check`` runs it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
WINGS = sorted(path for path in (ROOT / "a2e_async").glob("_*") if (path / "__init__.py").exists())
GENERATED = ROOT / "a2e_async" / "api"
LONGEST_MODULE = 400
LARGEST_CIRCLE = 3

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
USERS = [*sorted((ROOT / "tests").glob("test_*.py")), *sorted((ROOT / "tests" / "chaos").rglob("*.py"))]
"""Tests that see the package from outside, as a user does."""


def written_by_hand() -> Iterator[Path]:
    for folder in ("a2e_async", "codegen"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if GENERATED not in path.parents:
                yield path


def test_no_module_is_too_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in written_by_hand()}
    assert len(lengths) > 100
    long = {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > LONGEST_MODULE}
    assert long == {}, "split what has more than one subject"


def test_no_circle_of_imports_is_large() -> None:
    """Imports for type checkers count too: to understand one module of a circle is to read them all."""
    graph = grimp.build_graph("a2e_async", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert "a2e_async.runtime" in imports["a2e_async.client"]
    large = [circle for circle in circles(imports) if len(circle) > LARGEST_CIRCLE]
    assert large == [], "move what both sides need below them, or take a Protocol"


def test_the_sandbox_imports_nothing_of_the_client() -> None:
    """The contract in pyproject.toml lists modules; this one knows of new ones too."""
    graph = grimp.build_graph("a2e_async", cache_dir=None)
    room = {"a2e_async.sandbox", *graph.find_descendants("a2e_async.sandbox")}
    assert len(room) > 20
    assert {module: graph.find_modules_directly_imported_by(module) - room for module in room} == {
        module: set() for module in room
    }


def circles(imports: Mapping[str, Set[str]]) -> list[list[str]]:
    """The groups of modules that all import each other, directly or not."""
    reachable = {module: _reachable(module, imports) for module in imports}
    groups = {
        tuple(sorted({module, *(other for other in reachable[module] if module in reachable[other])}))
        for module in imports
    }
    return [list(group) for group in sorted(groups) if len(group) > 1]


def _reachable(module: str, imports: Mapping[str, Set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        new = imports[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def test_circles_are_found() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles(imports) == [["a", "b", "c"], ["d", "e"]]


@pytest.mark.parametrize("wing", WINGS, ids=lambda wing: str(wing.name))
def test_the_init_of_a_wing_is_a_docstring(wing: Path) -> None:
    """A re-export there would load a module that nobody asked for."""
    tree = ast.parse((wing / "__init__.py").read_text("utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_there_are_wings() -> None:
    assert {"_bulk", "_files", "_spec", "_tasks", "_transport"} <= {wing.name for wing in WINGS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.name))
def test_documents_show_public_names_only(document: Path) -> None:
    for code in re.findall(r"^```py\w*\n(.*?)^```$", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        assert private_imports(code) == []


@pytest.mark.parametrize("module", USERS, ids=lambda path: str(path.name))
def test_tests_from_outside_use_public_names_only(module: Path) -> None:
    assert private_imports(module.read_text("utf-8")) == []


def private_imports(code: str) -> list[str]:
    """The modules of a wing that the code imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.startswith("a2e_async._") and not name.startswith("a2e_async.__")]


def test_private_imports_are_found() -> None:
    code = "import a2e_async._spec.field\nfrom a2e_async import _files, A2E, __version__\n"
    assert private_imports(code) == ["a2e_async._spec.field", "a2e_async._files"]
    assert private_imports("from a2e_async._bulk import run") == ["a2e_async._bulk.run"]
