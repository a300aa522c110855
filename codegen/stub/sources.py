"""The package's source, read with `ast`: nothing is imported, so it may be in the middle of a change."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import attrs

from codegen.document.tree import SpecError

__all__ = ["PACKAGE", "Place", "Source", "Sources"]

PACKAGE = Path(__file__).resolve().parents[2] / "a2e_async"

Place = tuple[str, str]
"""A module and a name in it."""

_GIVEN = frozenset({"Clock", "SystemClock", "Webhooks"})
"""What users make and give to a client, and never get back from it."""

_RESOURCE: Place = ("a2e_async.resources", "Resource")
_SYNTAX = frozenset({"__aiter__", "__anext__", "__aenter__", "__iter__"})


class Source:
    """One module.

    Args:
        name: its name.
        text: its source.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tree = ast.parse(text)

    @cached_property
    def classes(self) -> Mapping[str, ast.ClassDef]:
        """Its classes by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def own(self) -> frozenset[str]:
        """The names that it defines."""
        names = set(self.classes)
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
        return frozenset(names)

    @cached_property
    def imports(self) -> Mapping[str, Place]:
        """Where the names come from that it imports for the whole module."""
        found: dict[str, Place] = {}
        for node in _outside_functions(self.tree.body):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {
                    alias.asname or alias.name.partition(".")[0]: (alias.name, "") for alias in node.names
                }
        return found

    def place_of(self, name: str) -> Place | None:
        """Where a name is defined; None for a builtin."""
        return (self.name, name) if name in self.own else self.imports.get(name)


def _outside_functions(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, with those under its conditions."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _outside_functions([*node.body, *node.orelse])


@lru_cache(maxsize=128)
def _written(name: str, text: str) -> Source:
    """A module that is not generated. Nothing changes its tree, so every stub of a process reads the same."""
    return Source(name, text)


@attrs.define
class Sources:
    """All modules.

    Attributes:
        generated: the texts of ``a2e_async/api`` by file name.
    """

    generated: Mapping[str, str]
    _modules: dict[str, Source] = attrs.field(factory=dict)
    _live: dict[Place, bool] = attrs.field(factory=dict)

    def __getitem__(self, module: str) -> Source:
        if module not in self._modules:
            self._modules[module] = self._read(module)
        return self._modules[module]

    def _read(self, module: str) -> Source:
        inside = module.split(".")[1:]
        if inside[:1] == ["api"]:
            # A document may lack a family that the client uses.
            return Source(module, self.generated.get(f"{'.'.join(inside[1:]) or '__init__'}.py", ""))
        path = PACKAGE.joinpath(*inside)
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        return _written(module, file.read_text("utf-8"))

    def class_at(self, place: Place) -> ast.ClassDef | None:
        """The class of that place; None if it is no class of the package."""
        module, name = place
        return self[module].classes.get(name) if _is_ours(module) and name else None

    def bases_of(self, place: Place) -> Iterator[Place]:
        """The bases of a class that the package defines."""
        node = self.class_at(place)
        for base in node.bases if node else ():
            inner = base.value if isinstance(base, ast.Subscript) else base
            found = self[place[0]].place_of(inner.id) if isinstance(inner, ast.Name) else None
            if found is not None and self.class_at(found) is not None:
                yield found

    def is_live(self, place: Place) -> bool:
        """Whether the async client has something to await, or what has: such a class has a face."""
        if place not in self._live:
            self._live[place] = False  # for circles
            self._live[place] = self._is_live(place)
        return self._live[place]

    def _is_live(self, place: Place) -> bool:
        node = self.class_at(place)
        if node is None or node.name in _GIVEN or place[0] in {"a2e_async.hints", "a2e_async.errors"}:
            return False
        if place == _RESOURCE or any(self.is_live(base) for base in self.bases_of(place)):
            return True

        for member in node.body:
            if isinstance(member, ast.AsyncFunctionDef) and (member.name[0] != "_" or member.name in _SYNTAX):
                return True
            if isinstance(member, ast.FunctionDef) and member.name in _SYNTAX:
                return True
            if isinstance(member, ast.AnnAssign) and any(
                self.is_live(each) for each in self.named_in(member, place)
            ):
                return True
        return False

    def named_in(self, node: ast.AnnAssign, place: Place) -> Iterator[Place]:
        """The classes that an annotation names."""
        for name in ast.walk(node.annotation):
            found = self[place[0]].place_of(name.id) if isinstance(name, ast.Name) else None
            if found is not None and found[1]:
                yield found

    def literal(self, module: str, name: str) -> ast.Constant | None:
        """The value of a module's constant, if the module says it plainly."""
        home, original = self[module].place_of(name) or ("", "")
        if not _is_ours(home):
            return None
        for node in self[home].tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == original:
                return node.value if isinstance(node.value, ast.Constant) else None
        return None

    def public(self) -> Mapping[str, Place]:
        """Where the names are defined that users import from ``a2e_async``."""
        package = self["a2e_async"]
        found = {name: package.imports[name] for name in _listed(package)}
        return {name: self._defined(place) for name, place in found.items()}

    def _defined(self, place: Place) -> Place:
        while place[1] not in self[place[0]].own and place[1] in self[place[0]].imports:
            place = self[place[0]].imports[place[1]]
        return place


def _listed(package: Source) -> list[str]:
    for node in package.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    raise SpecError("a2e_async/__init__.py has no __all__")


def _is_ours(module: str) -> bool:
    return module == "a2e_async" or module.startswith("a2e_async.")
