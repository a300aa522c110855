"""All pages of ``docs/resources``, and the index that leads to them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from codegen.document.tree import Document
from codegen.interface.families import Family
from codegen.interface.model import Interface, Module
from codegen.interface.prose import sentence
from codegen.interface.words import listing, summary
from codegen.pages.markdown import code, item, joined, plain
from codegen.pages.page import MARK, page

__all__ = ["pages"]

_REST = "Other"
_STARTS = re.compile(r"^(?:start|create)(?: an?)?(?: new)? ", re.IGNORECASE)
"""Every workflow is started; what is left says what it makes."""


def pages(document: Document, found: Mapping[str, Family], interface: Interface) -> dict[str, str]:
    """The pages by file name.

    Args:
        document: the prepared document.
        found: the resources by name, as the document has them.
        interface: the resources, as they are generated.
    """
    groups = _groups(document, found, interface)
    files = {f"{one.resource}.md": page(document, found[one.resource], one) for one in interface.modules}
    files["index.md"] = _index(found, groups)
    files["SUMMARY.md"] = _menu(groups)
    return files


def _groups(document: Document, found: Mapping[str, Family], interface: Interface) -> dict[str, list[Module]]:
    """The resources of each group of the document, in its order."""
    homes = {
        str(tag): str(group.get("name", _REST))
        for group in document.get("x-tagGroups", ())
        for tag in group.get("tags", ())
    }
    order = list(homes)
    groups: dict[str, list[Module]] = {name: [] for name in [*dict.fromkeys(homes.values()), _REST]}

    def tag_of(module: Module) -> str:
        return str(next(iter(found[module.resource].endpoints[0].operation.get("tags", ())), ""))

    ranked = sorted(
        interface.modules, key=lambda one: order.index(tag_of(one)) if tag_of(one) in homes else len(order)
    )
    for module in ranked:
        groups[homes.get(tag_of(module), _REST)].append(module)
    return {name: modules for name, modules in groups.items() if modules}


def _index(found: Mapping[str, Family], groups: Mapping[str, list[Module]]) -> str:
    lines = [MARK, "", "# Resources", ""]
    lines += [
        "What can be made and asked for. A **workflow** makes something: call it, and you have a Job.",
        "[Which one to take](../cookbook/index.md) is in the cookbook.",
        "",
    ]

    for name, modules in groups.items():
        lines += [f"## {plain(name)}", ""]
        for one in modules:
            lines += item(f"[{code(one.resource)}]({one.resource}.md):", *_in_short(found[one.resource], one))
        lines.append("")

    return joined(lines)


def _in_short(family: Family, module: Module) -> list[str]:
    """What a workflow makes and needs, or the operations of another resource."""
    start = next((method for method in module.methods if method.is_call), None)
    if family.start is None or start is None:
        return [", ".join(code(method.name) for method in module.methods) + "."]

    words = _STARTS.sub("", summary(family.start.operation.get("summary", ""), ""))
    needed = [code(one.name) for one in start.ordered if one.required]
    needed += [listing([code(name) for name in group], "or") for group in start.rules.any_of]
    return [
        plain(sentence(words[:1].upper() + words[1:])),
        f"Needs {listing(needed, 'and')}." if needed else "",
    ]


def _menu(groups: Mapping[str, list[Module]]) -> str:
    lines = ["- [Resources](index.md)"]
    for name, modules in groups.items():
        lines.append(f"- {plain(name)}")
        lines += [f"    - [{one.resource}]({one.resource}.md)" for one in modules]
    return joined(lines)
