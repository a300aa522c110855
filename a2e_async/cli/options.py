"""The options of the commands, made from the fields of the operations."""

from __future__ import annotations

import argparse
import codecs
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from a2e_async._spec.field import Field
from a2e_async.cli.catalogue import Call
from a2e_async.cli.values import json_object, value_of
from a2e_async.errors import A2EError

__all__ = [
    "Parser",
    "UsageError",
    "add_common",
    "add_fields",
    "add_result",
    "check_no_token",
    "count",
    "known_encoding",
    "seconds",
    "values_from",
]

# Phrases of the docstrings, and what the help says instead.
_PHRASES = (
    ("A URL, or a file as Path, bytes or `Upload`.", "A URL or a file."),
    ("URLs, or files as Path, bytes or `Upload`.", "URLs or files."),
    ("Server default: True.", "Server default: true."),
    ("Server default: False.", "Server default: false."),
)
_TOKEN_OPTIONS = frozenset({"--token", "--api-token", "--api-key", "--a2e-api-token"})
_OUT_HELP = "download the results to this folder, or to an object store: s3://bucket/prefix"
_MAX_CHOICES = 12  # choices that the help lists
_PREFIX = "field_"  # keeps the fields apart from a command's own options in the namespace


class UsageError(Exception):
    """The command line is invalid."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError` with a message of one line."""

    def parse(self, texts: Sequence[str]) -> argparse.Namespace:
        """Parse the options. Their names may be written with underscores too.

        Raises:
            UsageError: an option is invalid.
        """
        known = self.option_strings
        return self.parse_args([_with_hyphens(text, known) for text in texts])

    @property
    def option_strings(self) -> set[str]:
        """The options added so far, as they are written on the command line."""
        return {option for action in self._actions for option in action.option_strings}

    def error(self, message: str) -> NoReturn:
        """Raise the error instead of printing the usage and exiting.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            f"{self.prog.removeprefix('a2e').strip() or 'command'}: {message} (see {self.prog} --help)"
        )


def _with_hyphens(text: str, known: set[str]) -> str:
    """The text with hyphens in its option, if only that makes it a known option."""
    name, equals, value = text.partition("=")
    hyphens = name.replace("_", "-")
    return f"{hyphens}{equals}{value}" if name not in known and hyphens in known else text


def count(text: str) -> int:
    """Parse a whole number, at least 1."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def check_no_token(given: Sequence[str]) -> None:
    """Refuse options that give the token.

    Raises:
        UsageError: there is one.
    """
    if any(text.partition("=")[0].lower().replace("_", "-") in _TOKEN_OPTIONS for text in given):
        raise UsageError("the token is never an argument, which others can read: set A2E_API_TOKEN")


def known_encoding(text: str) -> str:
    """The name of an encoding of texts."""
    try:
        "".encode(text)
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        raise argparse.ArgumentTypeError(f"no such encoding: {text!r}") from None


def seconds(text: str) -> float:
    """Parse a length of time above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"invalid seconds value: {text!r}")
    return value


def _folder(text: str) -> str:
    """A folder that exists or can be created, or the address of an object store whose driver is there."""
    if "://" in text:
        return _address(text)
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return text


def _address(text: str) -> str:
    from a2e_async._files.object_store import open_object_store
    from a2e_async._files.places import place_of

    try:
        place = place_of("address", text)
        if isinstance(place, str):
            open_object_store(place)
    except (A2EError, OSError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--base-url", metavar="URL", help="the URL of the API (default: A2E_BASE_URL)")


def add_result(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that wait for a task."""
    parser.add_argument("--out", type=_folder, metavar="FOLDER", help=_OUT_HELP)
    parser.add_argument(
        "--wait-timeout",
        type=seconds,
        default=900.0,
        metavar="SECONDS",
        help="how long to wait for the task (default: %(default)g)",
    )


def add_fields(parser: Parser, call: Call) -> None:
    """Add one option for each keyword of the call, and options for members without a keyword."""
    docs = call.keyword_docs()
    taken = parser.option_strings
    required = parser.add_argument_group("required")
    optional = parser.add_argument_group("optional")

    for field in _fields_of(call):
        group = required if field.required else optional
        group.add_argument(
            _option_string(field.name, taken),
            dest=_PREFIX + field.name,
            required=field.required,
            help=_for_shell(docs.get(field.name, "")),
            **_arity(field),
        )

    if call.takes_body:
        optional.add_argument(
            "--body", metavar="JSON", help="the body; the API does not document its members"
        )
    if call.operation.has_body:
        optional.add_argument(
            "--extra", metavar="JSON", help="more members of the body; they override the options"
        )


def _fields_of(call: Call) -> Sequence[Field]:
    operation = call.operation
    return operation.fields


def _option_string(name: str, taken: set[str]) -> str:
    """The option of a keyword; ``--field-NAME`` if the command has an option of that name."""
    plain = name.strip("_").replace("_", "-")
    return f"--field-{plain}" if f"--{plain}" in taken else f"--{plain}"


def _for_shell(text: str) -> str:
    """A description from a docstring, without Python's terms, as a help text of argparse."""
    for python, shell in _PHRASES:
        text = text.replace(python, shell)
    return text.replace("%", "%%")


def _arity(field: Field) -> Mapping[str, Any]:
    """The number of texts that an option takes, and their name in the help."""
    if field.kind is bool:
        return {"nargs": "?", "const": "true", "metavar": "true|false"}
    if field.kind is list:
        return {"nargs": "+", "action": "extend", "metavar": _metavar(field.item or Field(""))}
    return {"metavar": _metavar(field)}


def _metavar(field: Field) -> str:
    if field.choices:
        # Brackets in a metavar make argparse fail.
        names = [re.sub(r"[^\w.:+-]", "", str(choice)) for choice in field.choices]
        return "|".join(names if len(names) <= _MAX_CHOICES else [*names[:_MAX_CHOICES], "..."])
    if field.media:
        return "URL|FILE"
    return {str: "TEXT", int: "NUMBER", float: "NUMBER", dict: "JSON", list: "JSON"}.get(field.kind, "VALUE")


def values_from(options: argparse.Namespace, call: Call) -> dict[str, Any]:
    """The keywords of the call, from the options given.

    Raises:
        InvalidArgument: a value is invalid.
    """
    found: dict[str, Any] = {}
    for field in _fields_of(call):
        given = getattr(options, _PREFIX + field.name)
        if given is not None:
            found[field.name] = value_of(field, given if isinstance(given, list) else [given])

    if getattr(options, "body", None) is not None:
        found["body"] = json_object("body", options.body)
    if getattr(options, "extra", None) is not None:
        found["extra_body"] = json_object("extra", options.extra)
    return found
