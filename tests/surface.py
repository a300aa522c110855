"""The public surface in one text file, and the rule that a change of it is a line of the changelog.

    python -m tests.surface write               write docs/public-surface.txt anew
    python -m tests.surface check [--base REV]  fail if it is stale, or changed without CHANGELOG.md

The surface is every name in ``__all__`` of the modules that users import from, with its members, parameters,
defaults, types and return types. It is read from the source with griffe; nothing is imported. The generated
resources are left out: ``python -m codegen diff`` reports their changes, with limits and values that a
signature does not show.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import griffe

ROOT = Path(__file__).parents[1]
SNAPSHOT = "docs/public-surface.txt"
CHANGELOG = "CHANGELOG.md"
PACKAGES = (
    "a2e_async",
    "a2e_async.client_events",
    "a2e_async.doctor",
    "a2e_async.listeners",
    "a2e_async.sandbox",
    "a2e_async.sync",
    "a2e_async.tracing",
    "a2e_async.webhooks",
    "a2e_async.worker",
)
GENERATED = ("a2e_async.api", "a2e_async.sync.Api")
HEAD = "# The public names of a2e_async, written by `make surface`. A change needs a line in CHANGELOG.md.\n"

# Dunder methods that users call through syntax.
SYNTAX = {
    "__init__", "__call__", "__await__", "__aiter__", "__anext__", "__aenter__", "__aexit__", "__iter__",
    "__enter__", "__exit__", "__len__", "__getitem__", "__contains__", "__bool__",
}  # fmt: skip


def render(root: Path = ROOT) -> str:
    """The surface as text: one line for each name, parameter and return type."""
    package = griffe.load("a2e_async", search_paths=[root], try_relative_path=False, allow_inspection=False)
    lines: list[str] = []
    known = {package[str(name)].canonical_path: f"{package.path}.{name}" for name in package.exports or ()}
    for place in PACKAGES:
        inside = place.removeprefix(f"{package.path}.")
        if place != package.path and inside not in package.members:
            continue
        module = package if place == package.path else package[inside]
        exported = [str(name) for name in module.exports or ()]
        public = {module[name].canonical_path for name in exported}
        for name in sorted(exported):
            if place != package.path and module[name].canonical_path in known:
                lines.append(f"{place}.{name}: {known[module[name].canonical_path]}")
            else:
                lines += _object_lines(f"{place}.{name}", module[name], public)
    return HEAD + "".join(f"{line}\n" for line in lines)


def _object_lines(path: str, member: griffe.Object | griffe.Alias, public: set[str]) -> Iterator[str]:
    target = member.final_target if isinstance(member, griffe.Alias) else member
    if isinstance(target, griffe.Class):
        yield f"{path}: class({', '.join(str(base) for base in target.bases)})"
        for name, inner in sorted(_members(target, public).items()):
            yield from _object_lines(f"{path}.{name}", inner, public)
        for name in sorted(target.overloads.keys() - target.members.keys()):  # of a stub, without a body
            for function in target.overloads[name]:
                yield from _function_lines(f"{path}.{name}", function)
    elif isinstance(target, griffe.Function):
        for function in target.overloads or [target]:
            yield from _function_lines(path, function)
    elif isinstance(target, griffe.Attribute):
        yield f"{path}: {_attribute_text(target)}"


def _members(owner: griffe.Class, public: set[str]) -> dict[str, griffe.Object | griffe.Alias]:
    """The public members of a class, also those that it inherits from a base without a public name."""
    members = {
        name: member
        for name, member in owner.members.items()
        if name in SYNTAX or not (name.startswith("_") or member.is_alias)
    }
    for base in owner.resolved_bases:
        if isinstance(base, griffe.Class) and base.path not in public and not base.path.startswith(GENERATED):
            members = _members(base, public) | members
    return members


def _function_lines(path: str, function: griffe.Function) -> Iterator[str]:
    words = ["async def" if "async" in function.labels else "def"]
    words = [*sorted(function.labels & {"staticmethod", "classmethod"}), *words]
    yield f"{path}: {' '.join(words)} -> {function.returns or 'None'}"

    for parameter in function.parameters:
        if parameter.name in {"self", "cls"}:
            continue
        kind = parameter.kind.value if parameter.kind else ""
        text = f"{path}({parameter.name}): {parameter.annotation or 'Any'}"
        if parameter.default is not None and not kind.startswith("variadic"):
            text += f" = {parameter.default}"
        yield text if kind == "positional or keyword" else f"{text}, {kind}"


def _attribute_text(attribute: griffe.Attribute) -> str:
    """The type of an attribute and its default, as far as the source says them plainly."""
    value = None if attribute.value is None else str(attribute.value)
    if attribute.annotation is None:
        return f"= {value}" if "module-attribute" in attribute.labels else "attribute"
    if value is None or "(" in value:
        return str(attribute.annotation)
    return f"{attribute.annotation} = {value}"


def unreleased(changelog: str) -> str:
    """What the changelog says under its heading "Unreleased"."""
    found = re.search(r"^## \[?Unreleased\]?[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def stale(root: Path = ROOT) -> str | None:
    """Why the snapshot is not what the code gives; None if it is."""
    path = root / SNAPSHOT
    old = path.read_text("utf-8") if path.exists() else ""
    new = render(root)
    if old == new:
        return None

    changes = difflib.unified_diff(old.splitlines(), new.splitlines(), SNAPSHOT, "the code", "", "", 0, "")
    return "\n".join(
        [*changes, "", f"The public surface changed: run `make surface`, and add a line to {CHANGELOG}."]
    )


def unexplained(root: Path = ROOT, base: str | None = None) -> str | None:
    """Why the changelog lacks a line about the snapshot's last change; None if it has one.

    Without a base, the snapshot's last change counts: the one in the working tree, else the last commit
    that touched it. No tag is needed for that. Where git cannot say what was before (no repository, a
    shallow clone, the first snapshot) there is nothing to compare.
    """
    base = base or _before_the_last_change(root)
    if base is None:
        return None

    before = _git(root, "show", f"{base}:./{SNAPSHOT}")
    if before is None or before == (root / SNAPSHOT).read_text("utf-8"):
        return None

    changelog = (root / CHANGELOG).read_text("utf-8")
    if unreleased(changelog) != unreleased(_git(root, "show", f"{base}:./{CHANGELOG}") or ""):
        return None
    return f'{SNAPSHOT} changed since {base}, but the section "Unreleased" of {CHANGELOG} did not.'


def _before_the_last_change(root: Path) -> str | None:
    committed = _git(root, "show", f"HEAD:./{SNAPSHOT}")
    if committed is None:
        return None
    if committed != (root / SNAPSHOT).read_text("utf-8"):
        return "HEAD"

    last = (_git(root, "log", "-1", "--format=%H", "--", SNAPSHOT) or "").strip()
    parent = _git(root, "rev-parse", "--verify", "--quiet", f"{last}^")
    return parent.strip() if parent else None


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints; None if it fails or is not installed."""
    try:
        done = subprocess.run(
            ["git", "-C", root, *arguments], capture_output=True, text=True, encoding="utf-8", check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def main() -> int:
    """Write or check the snapshot."""
    parser = argparse.ArgumentParser(prog="python -m tests.surface", description=__doc__.split("\n", 1)[0])
    parser.add_argument("command", choices=["write", "check"])
    parser.add_argument("--base", help="compare with this revision of git, for example origin/main")
    arguments = parser.parse_args()

    if arguments.command == "write":
        path = ROOT / SNAPSHOT
        path.parent.mkdir(exist_ok=True)
        path.write_text(render(), "utf-8", newline="\n")
        return 0

    if arguments.base and _git(ROOT, "rev-parse", "--verify", "--quiet", arguments.base) is None:
        print(f"git knows no revision {arguments.base!r}", file=sys.stderr)
        return 2
    fault = stale() or unexplained(base=arguments.base)
    if fault:
        print(fault, file=sys.stderr)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
