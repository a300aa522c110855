"""The example in the docstring of a start: a short call that passes its own checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from codegen.interface.families import Family
from codegen.interface.model import Rules
from codegen.interface.prose import escape, literal
from codegen.interface.values import Keyword

__all__ = ["example_of"]

_WIDTH = 92
"""Characters of a call that still fits on one line of a docstring."""

_FILES = (("audio", "speech.mp3"), ("voice", "speech.mp3"), ("video", "clip.mp4"), ("clip", "clip.mp4"))


def example_of(
    family: Family,
    keywords: Sequence[Keyword],
    rules: Rules,
    *,
    open_body: bool,
    shown: Collection[str] = (),
) -> list[str]:
    """The lines of an example that gives the required keywords and those that the rules then need.

    Args:
        family: the resource.
        keywords: the keywords of its start.
        rules: between them.
        open_body: whether members may be given that are not declared.
        shown: body members of the document's own example, for a start that requires nothing.
    """
    by_name = {one.name: one for one in keywords}
    given = _needed(keywords, rules, by_name)
    if not given:
        own = [one.name for one in keywords if one.place == "body" and one.key in shown]
        given = own or [one.name for one in keywords if one.type.takes_files][:1]
    forced = _forced(rules, by_name, given)

    arguments = [
        f"{name}={quoted(forced[name]) if name in forced else value_of(by_name[name])}" for name in given
    ]
    arguments += ["body={}"] if open_body and not given else []
    lines = [f"job = a2e.{family.resource}({', '.join(arguments)})"]
    if len(lines[0]) > _WIDTH:
        lines = [f"job = a2e.{family.resource}(", *(f"    {one}," for one in arguments), ")"]

    readable = family.get or family.batch_detail or family.list
    lines.append("result = await job.run()" if readable else "task = await job.start()")

    pad = " " * 12
    padded = [f"{pad}{line[: len(line) - len(line.lstrip())]}{escape(line)}" for line in lines]
    return [f"{pad}```python", *padded, f"{pad}```"]


def _needed(keywords: Sequence[Keyword], rules: Rules, by_name: Mapping[str, Keyword]) -> list[str]:
    """The names of the required keywords and of those that the rules need besides."""
    given = [one.name for one in keywords if one.required]

    for group in rules.any_of:
        if not any(name in given for name in group):
            given.append(group[0])

    for rule in rules.needs:
        if all(_holds(by_name[name], values, given) for name, values in rule.when.items()):
            given += [name for name in rule.all_of if name not in given]
            if rule.any_of and not any(name in given for name in rule.any_of):
                given.append(rule.any_of[0])

    return given


def _forced(rules: Rules, by_name: Mapping[str, Keyword], given: Sequence[str]) -> dict[str, Any]:
    """Values that the rules require where the usual example would be refused."""
    return {
        name: values[0]
        for rule in rules.needs
        if all(_holds(by_name[name], wanted, given) for name, wanted in rule.when.items())
        for name, values in rule.only.items()
        if name in given and example_value(by_name[name]) not in values
    }


def _holds(keyword: Keyword, values: Sequence[Any] | None, given: Sequence[str]) -> bool:
    value = example_value(keyword) if keyword.name in given else None
    return value is not None if values is None else value in values


def example_value(keyword: Keyword) -> Any:
    """A JSON value that the keyword allows, None where there is no simple one."""
    schema = keyword.schema
    choices = [one for one in schema.get("enum", ()) if one is not None]
    if choices:
        return choices[0]

    example = schema.get("example")
    kind = schema.get("type")
    if kind == "string":
        if isinstance(example, str) and len(example) <= 40:
            return example
        return "red kite" if keyword.key == "name" else "a red kite over the sea"
    if kind in ("integer", "number"):
        usable = isinstance(example, int | float) and not isinstance(example, bool)
        return example if usable else schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return None


def value_of(keyword: Keyword) -> str:
    """An example of the keyword's value, as Python code."""
    if keyword.type.takes_files:
        return _media(keyword)

    value = example_value(keyword)
    if value is not None:
        return quoted(value)
    if keyword.schema.get("type") == "object":
        return _mapping(keyword.schema)
    return "[]"


def _mapping(schema: dict[str, Any]) -> str:
    """A mapping with the object's required members, or with its first one, from their examples."""
    properties = schema.get("properties", {})
    wanted = [key for key in properties if key in schema.get("required", ())] or list(properties)[:1]
    members = [f"{quoted(key)}: {quoted(_plain_value(properties[key]))}" for key in wanted]
    return "{" + ", ".join(members) + "}"


def _plain_value(schema: dict[str, Any]) -> Any:
    default = "a red kite over the sea" if schema.get("type") == "string" else schema.get("minimum", 1)
    value = schema.get("default", schema.get("example", default))
    return value if isinstance(value, str | int | float | bool) else default


def _media(keyword: Keyword) -> str:
    said = str(keyword.schema.get("description", "")).lower()
    name = next((file for word, file in _FILES if word in keyword.key.lower()), "")
    name = name or next((file for word, file in _FILES[::-1] if f" {word} " in f"{said} "), "cat.png")
    one = f'Path("{name}")'
    if keyword.type.item is None:
        return one
    least = max(1, int(keyword.schema.get("minItems", 1)))
    return f"[{', '.join([one] * least)}]"


def quoted(value: Any) -> str:
    """A literal with the quotes that the formatter would use."""
    text = literal(value)
    return f'"{text[1:-1]}"' if text.startswith("'") and '"' not in text and "\\" not in text else text
