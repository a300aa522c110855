"""Options of the commands, made from the fields of the operations."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from a2e_async._spec.field import Field
from a2e_async.cli.catalogue import Call
from a2e_async.cli.values import json_object, value_of

__all__ = ["Parser", "UsageError", "add_common", "add_fields", "add_result", "count", "values_from"]

_WORDS = (
    ("A URL, or a file as Path, bytes or `Upload`.", "A URL or a file."),
    ("URLs, or files as Path, bytes or `Upload`.", "URLs or files."),
    ("Server default: True.", "Server default: true."),
    ("Server default: False.", "Server default: false."),
)
_SHOWN = 12
_FIELD = "field_"
"""Before the names under which the fields' values are kept."""


class UsageError(Exception):
    """The command cannot be right."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def parsed(self, texts: Sequence[str]) -> argparse.Namespace:
        """The options, which may be written with underscores too.

        Raises:
            UsageError: one of them cannot be right.
        """
        known = {option for action in self._actions for option in action.option_strings}
        return self.parse_args([_as_known(text, known) for text in texts])

    def error(self, message: str) -> NoReturn:
        """Instead of printing the usage and leaving the program.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            f"{self.prog.removeprefix('a2e').strip() or 'command'}: {message} (see {self.prog} --help)"
        )


def _as_known(text: str, known: set[str]) -> str:
    name, equals, value = text.partition("=")
    hyphens = name.replace("_", "-")
    return f"{hyphens}{equals}{value}" if name not in known and hyphens in known else text


def seconds(text: str) -> float:
    """A time to wait."""
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def count(text: str) -> int:
    """A number of things, at least one."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def folder(text: str) -> str:
    """A folder that is there or can be made."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return text


def add_common(parser: argparse.ArgumentParser) -> None:
    """Options that every command has."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--base-url", metavar="URL", help="where the API is; A2E_BASE_URL as a rule")


def add_result(parser: argparse.ArgumentParser) -> None:
    """Options of commands that wait for a task."""
    parser.add_argument("--out", type=folder, metavar="FOLDER", help="download the results there")
    parser.add_argument(
        "--wait-timeout",
        type=seconds,
        default=900.0,
        metavar="SECONDS",
        help="how long to wait for the task (default: %(default)g)",
    )


def add_fields(parser: argparse.ArgumentParser, call: Call) -> None:
    """One option for each keyword, and those that send what the keywords do not know."""
    words = call.words()
    taken = {option for action in parser._actions for option in action.option_strings}
    fields = (*call.operation.path_fields, *call.operation.query, *call.operation.body)
    required = parser.add_argument_group("needed")
    optional = parser.add_argument_group("optional")
    for field in fields:
        group = required if field.required else optional
        group.add_argument(
            _option_string(field.name, taken),
            dest=_FIELD + field.name,
            required=field.required,
            help=_for_a_shell(words.get(field.name, "")),
            **_arity(field),
        )
    if call.takes_body:
        optional.add_argument(
            "--body", metavar="JSON", help="the body; the API does not say what may stand in it"
        )
    if call.operation.has_body:
        optional.add_argument(
            "--extra", metavar="JSON", help="members of the body that this release does not know; they win"
        )


def _option_string(name: str, taken: set[str]) -> str:
    plain = name.strip("_").replace("_", "-")
    return f"--field-{plain}" if f"--{plain}" in taken else f"--{plain}"


def _for_a_shell(words: str) -> str:
    """What a docstring says, for someone who does not write Python."""
    for python, shell in _WORDS:
        words = words.replace(python, shell)
    return words.replace("%", "%%")


def _arity(field: Field) -> Mapping[str, Any]:
    """How many texts an option takes, and what the help calls them."""
    if field.kind is bool:
        return {"nargs": "?", "const": "true", "metavar": "true|false"}
    if field.kind is list:
        return {"nargs": "+", "action": "extend", "metavar": _metavar(field.item or Field(""))}
    return {"metavar": _metavar(field)}


def _metavar(field: Field) -> str:
    if field.choices:
        names = [
            re.sub(r"[^\w.:+-]", "", str(choice)) for choice in field.choices
        ]  # argparse chokes on brackets
        return "|".join(names if len(names) <= _SHOWN else [*names[:_SHOWN], "..."])
    if field.media:
        return "URL|FILE"
    return {str: "TEXT", int: "NUMBER", float: "NUMBER", dict: "JSON", list: "JSON"}.get(field.kind, "VALUE")


def values_from(options: argparse.Namespace, call: Call) -> dict[str, Any]:
    """The keywords of the call that were given.

    Raises:
        InvalidArgument: one of them cannot be right.
    """
    found: dict[str, Any] = {}
    for field in (*call.operation.path_fields, *call.operation.query, *call.operation.body):
        given = getattr(options, _FIELD + field.name)
        if given is not None:
            found[field.name] = value_of(field, given if isinstance(given, list) else [given])
    if getattr(options, "body", None) is not None:
        found["body"] = json_object("body", options.body)
    if getattr(options, "extra", None) is not None:
        found["extra_body"] = json_object("extra", options.extra)
    return found
