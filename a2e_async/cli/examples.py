"""Examples of commands, made from the fields that a call requires."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from a2e_async._spec.field import Field
from a2e_async.cli.command import canonical

__all__ = ["EXAMPLE_ID", "example_of"]

EXAMPLE_ID = "67d2f1c0a8e5b3d4c6f70123"

_FILES = {"video": "clip.mp4", "audio": "speech.mp3"}
_TEXTS = {"prompt": "it waves", "text": "Hello", "msg": "Hello", "name": "my task"}
_VALUES = {int: "1", float: "1", bool: "true", dict: "@value.json"}


def example_of(path: str, fields: Iterable[Field], given: str = "") -> str:
    """An example of a command.

    Args:
        path: the command.
        fields: the fields of its call. Those that are required get a value.
        given: what follows them.
    """
    options = (f"--{canonical(field.name.strip('_'))} {_value(field)}" for field in fields if field.required)
    return " ".join(filter(None, [path, *options, given]))


def _value(field: Field) -> str:
    """A value that the field could have."""
    kind = field.item if field.kind is list and field.item else field
    if kind.media:
        return next((file for word, file in _FILES.items() if word in field.name), "cat.png")
    if kind.choices:
        return shlex.quote(str(kind.choices[0]))

    if "id" in field.name.split("_"):
        return EXAMPLE_ID
    return f'"{_TEXTS.get(field.name, "...")}"' if kind.kind is str else _VALUES.get(kind.kind, "...")
