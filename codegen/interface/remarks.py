"""What a maintainer should know about how operations were understood, with the line that changes it."""

from __future__ import annotations

from collections.abc import Iterator

from codegen.document.tree import Document, operations
from codegen.interface import naming
from codegen.interface.families import Family, families, resource_names
from codegen.interface.model import Interface, Method
from codegen.interface.reading import reads_batches
from codegen.interface.roles import ROLE, is_guess

__all__ = ["remarks"]


def remarks(document: Document, interface: Interface) -> list[str]:
    """Lines on operations that may start tasks, and on names that had to be told apart.

    Args:
        document: the prepared document.
        interface: what is generated from it.
    """
    found = [line for family in families(document).values() for line in _roles(family)]
    return [*found, *_resources(document), *_keywords(interface)]


def _roles(family: Family) -> Iterator[str]:
    for endpoint, reason in family.doubtful:
        call = f"a2e.{family.resource}.{endpoint.method_name}()"
        line = f"{endpoint.ref}: {call} is a plain method, because {reason}"
        cure = _line(endpoint.ref.path, endpoint.ref.method, "start")
        curable = not any(word in reason for word in ("path", "body", "a start is"))
        yield f"{line}; if it starts tasks, add to overlay.yaml: {cure}" if curable else line

    for one in (family.start, *family.extra_starts):
        if one is not None and is_guess(one):
            cure = _line(one.ref.path, one.ref.method, "none")
            yield f"{one.ref}: taken for a start of tasks; if it is none, add to overlay.yaml: {cure}"
    if family.start and not family.list:
        lost = "a start whose answer is lost stays uncertain"
        cure = "if one does, give it x-a2e-role: list in overlay.yaml"
        yield f"a2e.{family.resource}: no operation is known to list its tasks, so {lost}; {cure}"
    for endpoint in family.endpoints:
        if family.start and reads_batches(endpoint) and endpoint is not family.batch_detail:
            why = "it does not take a list of ids alone"
            yield f"{endpoint.ref}: tasks are not read together with {endpoint.method_name}(), because {why}"


def _line(path: str, method: str, role: str) -> str:
    return f"""{{target: "$.paths['{path}'].{method}", update: {{{ROLE}: {role}}}}}"""


def _resources(document: Document) -> Iterator[str]:
    """Lines on families whose names had to be told apart."""
    names = resource_names(list(operations(document)))
    first = {name: path for path, name in reversed(names.items())}

    for name, path in sorted(first.items()):
        usual = naming.resource_name(path)
        if usual != name:
            yield f"{path}: the family is a2e.{name}, because {first[usual]} is a2e.{usual}"


def _keywords(interface: Interface) -> Iterator[str]:
    """Lines on keywords that are spelled in two ways."""
    for module in interface.modules:
        for method in module.methods:
            call = f"a2e.{module.resource}{'' if method.is_call else f'.{method.name}'}()"
            for one in method.keywords:
                usual = naming.keyword_name(one.key)
                rival = _named(method, usual)
                if one.name != usual and rival:
                    other = f"{one.key!r} beside it is keyword {one.name}"
                    yield f"{call}: keyword {usual} is sent as {rival!r}; {other}"


def _named(method: Method, name: str) -> str:
    """The name on the wire of a keyword, "" if there is none or it is in another place."""
    named = [one.key for one in method.keywords if one.name == name]
    return next((key for key in named if naming.keyword_name(key) == name), "")
