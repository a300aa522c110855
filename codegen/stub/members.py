"""The members of a class of the async client, as the stub has them."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping

from a2e_async._sync.wording import without_await
from codegen.document.tree import SpecError
from codegen.stub.types_without_await import unwound

__all__ = ["INTERNAL", "docstring", "members"]

INTERNAL = frozenset(
    {
        "BulkSettings",
        "Call",
        "HookSlot",
        "NameField",
        "Operation",
        "Progress",
        "Routes",
        "RunLife",
        "RunState",
        "Runtime",
        "Started",
        "TaskReader",
        "Transport",
    }
)
"""Types of the package's own workings. What takes or returns them is not for users."""

Named = Callable[[str], str]

_SYNTAX = {
    "__call__": "__call__",
    "__fspath__": "__fspath__",
    "__iter__": "__iter__",
    "__len__": "__len__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__enter__": "__enter__",
    "__exit__": "__exit__",
    "aclose": "close",
}


def members(node: ast.ClassDef, named: Named) -> Iterator[tuple[str, str]]:
    """The names and texts of the public members of one class, without those of its bases.

    Args:
        node: the class.
        named: how the stub calls what an annotation names.
    """
    overloaded = {each.name: docstring(each) for each in _functions(node) if "overload" in _decorators(each)}
    overloaded |= {each.name: docstring(each) for each in _functions(node) if each.name in overloaded}
    described = _described(node)
    closes = any(each.name == "aclose" for each in _functions(node))

    for member in node.body:
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            name = member.target.id
            yield from _attribute(name, member.annotation, named, described.get(name, ""))
        elif isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            if member.name == "__init__":
                yield from _instance_attributes(node, member, named, described)
            if not _is_public(member.name) or (closes and member.name == "close"):
                continue
            if member.name in overloaded and "overload" not in _decorators(member):
                continue
            if not _names_in(*_signature(member)) & INTERNAL:
                doc = overloaded.get(member.name) or docstring(member)
                yield _SYNTAX.get(member.name, member.name), _function(member, named, doc)


def constructor(node: ast.ClassDef, named: Named) -> str:
    """The text of ``__init__``."""
    return _function(next(each for each in _functions(node) if each.name == "__init__"), named, "")


def docstring(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The docstring without await, as the first line of a body; empty if there is none."""
    text = ast.get_docstring(node, clean=True)
    return _quoted(without_await(text)) if text else ""


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{text}\n"""\n' if "\n" in text else f'"""{text}"""\n'


def _described(node: ast.ClassDef) -> dict[str, str]:
    """The words of the attributes and arguments in a class's docstring, as sentences."""
    found: dict[str, str] = {}
    text = re.sub(r"\n {5,}", " ", ast.get_docstring(node) or "")
    for names, words in re.findall(r"(?m)^ {4}(\w+(?:, \w+)*): (.+)$", without_await(text)):
        found |= dict.fromkeys(names.split(", "), words[0].upper() + words[1:])
    return found


def _attribute(name: str, annotation: ast.expr, named: Named, words: str) -> Iterator[tuple[str, str]]:
    if not _is_public(name) or _names_in(annotation) & INTERNAL:
        return
    if ast.unparse(annotation).startswith("ClassVar["):
        yield name, f"{name}: {unwound(annotation, named)}\n"
    else:
        body = textwrap.indent(_quoted(words) if words else "...", "    ")
        yield name, f"@property\ndef {name}(self) -> {unwound(annotation, named)}:\n{body}\n"


def _instance_attributes(
    node: ast.ClassDef,
    init: ast.FunctionDef | ast.AsyncFunctionDef,
    named: Named,
    described: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """What ``__init__`` sets: with an annotation there, in the class, or of the argument that it is."""
    arguments = {each.arg: each.annotation for each in [*init.args.args, *init.args.kwonlyargs]}
    declared = {ast.unparse(each.target) for each in node.body if isinstance(each, ast.AnnAssign)}

    for line in ast.walk(init):
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        if not (isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"):
            continue
        if not _is_public(target.attr) or target.attr in declared:
            continue

        annotation = line.annotation if isinstance(line, ast.AnnAssign) else None
        value = getattr(line, "value", None)
        if annotation is None and isinstance(value, ast.Name):
            annotation = arguments.get(value.id)
        if annotation is None:
            raise SpecError(f"{node.name}.{target.attr} has no declared type, which sync.pyi needs")
        yield from _attribute(target.attr, annotation, named, described.get(target.attr, ""))


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, named: Named, doc: str) -> str:
    decorators = [each for each in _decorators(node) if each in ("overload", "classmethod", "staticmethod")]
    if {"property", "cached_property"} & set(_decorators(node)):
        decorators.append("property")

    returns = "None" if node.returns is None else unwound(node.returns, named)
    head = f"def {_SYNTAX.get(node.name, node.name)}({_arguments(node.args, named)}) -> {returns}:"
    return "".join(f"@{each}\n" for each in decorators) + f"{head}\n{textwrap.indent(doc or '...', '    ')}\n"


def _arguments(given: ast.arguments, named: Named) -> str:
    texts = []
    before = len(given.posonlyargs) + len(given.args) - len(given.defaults)
    for number, argument in enumerate([*given.posonlyargs, *given.args]):
        default = given.defaults[number - before] if number >= before else None
        texts.append(_argument(argument, default, named))
        if number + 1 == len(given.posonlyargs):
            texts.append("/")

    if given.vararg is not None:
        texts.append(f"*{_argument(given.vararg, None, named)}")
    elif given.kwonlyargs:
        texts.append("*")
    texts += [_argument(*each, named) for each in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    if given.kwarg is not None:
        texts.append(f"**{_argument(given.kwarg, None, named)}")
    return ", ".join(texts)


def _argument(argument: ast.arg, default: ast.expr | None, named: Named) -> str:
    if argument.arg in ("self", "cls"):
        return argument.arg
    text = f"{argument.arg}: {unwound(argument.annotation, named) if argument.annotation else 'object'}"
    if default is None:
        return text
    return f"{text} = {ast.unparse(default) if isinstance(default, ast.Constant) else '...'}"


def _functions(node: ast.ClassDef) -> Iterable[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def _decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [ast.unparse(each) for each in node.decorator_list]


def _is_public(name: str) -> bool:
    return name in _SYNTAX or not name.startswith("_")


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.AST]:
    return [node.args, *([node.returns] if node.returns else [])]


def _names_in(*parts: ast.AST) -> set[str]:
    return {each.id for part in parts for each in ast.walk(part) if isinstance(each, ast.Name)}
