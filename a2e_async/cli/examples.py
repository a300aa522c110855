"""Examples of commands, made from the fields that a call requires. They can be typed as they are."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation
from a2e_async._spec.rules import Need
from a2e_async.cli.command import canonical

__all__ = ["EXAMPLE_ID", "example_of"]

EXAMPLE_ID = "67d2f1c0a8e5b3d4c6f70123"

_PICTURE = "cat.png"
# A word of a field, and a file of the kind that it is about. The first that is found counts.
_FILES = {
    "image": _PICTURE,
    "photo": _PICTURE,
    "audio": "speech.mp3",
    "voice": "speech.mp3",
    "video": "clip.mp4",
    "clip": "clip.mp4",
}
_TEXTS = {
    "prompt": "it waves",
    "negative_prompt": "blurry",
    "text": "Hello",
    "msg": "Hello",
    "name": "my task",
}
_PLAIN = re.compile(r"[\w.-]+", re.ASCII)
_WORDS = re.compile(r"[\w .,-]*")


def example_of(path: str, operation: Operation[Any], docs: Mapping[str, str], given: str = "") -> str:
    """An example of a command.

    Args:
        path: the command.
        operation: what it sends. Fields that are required get a value, also those that others require.
        docs: the description of each field.
        given: what follows them.
    """
    fields = {field.name: field for field in operation.fields}

    def made(names: Iterable[str]) -> dict[str, Any]:
        return {name: _value(fields[name], docs.get(name, "")) for name in names}

    values = made(_needed(operation))
    for need in operation.needs:
        if need.applies(values):
            values |= made(_consequence(need, values))
            values |= {
                name: allowed[0]
                for name, allowed in need.only.items()
                if name in values and values[name] not in allowed
            }

    options = (f"--{canonical(name.strip('_'))} {_written(value)}" for name, value in values.items())
    return " ".join(filter(None, [path, *options, given]))


def _needed(operation: Operation[Any]) -> list[str]:
    """The names of the fields that are required, or without which the call makes no sense."""
    names = [field.name for field in operation.fields if field.required]
    names += [group[0] for group in operation.any_of if not set(group) & set(names)]
    if names:
        return names

    media = [field.name for field in operation.body if _item(field).media]
    return media[:1] or [field.name for field in operation.body if field.wire_name == "_id"]


def _consequence(need: Need, values: Mapping[str, Any]) -> list[str]:
    """The names of the fields that a rule requires besides."""
    missing = [name for name in need.all_of if name not in values]
    if need.any_of and not any(name in values for name in need.any_of):
        missing.append(need.any_of[0])
    return missing


def _item(field: Field) -> Field:
    return field.item if field.kind is list and field.item else field


def _value(field: Field, said: str) -> Any:
    """A value that the field could have."""
    if field.kind is list:
        return [_value(_item(field), f"{field.name} {said}")] * (field.min_items or 1)
    if field.media:
        return _file(field.name, said)
    if field.choices:
        return field.choices[0]

    if field.kind in (int, float):
        return math.ceil(field.minimum) if field.minimum is not None else 1
    if field.kind is bool:
        return True
    if field.kind is dict:
        members = [member for member in field.fields if member.required] or field.fields[:1]
        return {member.wire_name: _value(member, "") for member in members}
    return EXAMPLE_ID if "id" in field.name.split("_") else _TEXTS.get(field.name, "...")


def _file(name: str, description: str) -> str:
    """The name of a file of the kind that a field is about, which its name says before its description."""
    texts = (name.lower(), description.lower())
    return next((file for text in texts for word, file in _FILES.items() if word in text), _PICTURE)


def _written(value: Any) -> str:
    """The value as it is typed at a shell."""
    if isinstance(value, list):
        return " ".join(map(_written, value))
    if isinstance(value, dict):
        return shlex.quote(json.dumps(value))

    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _PLAIN.fullmatch(text):
        return text
    return f'"{text}"' if _WORDS.fullmatch(text) else shlex.quote(text)
