"""The options of the commands: those that several share, and those made from the fields of the operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from a2e_async.cli.command import Flag, Option, Options, ValueType, canonical, usage_error

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from a2e_async._spec.field import Field
    from a2e_async.cli.catalogue import Call

__all__ = [
    "WorkflowName",
    "argument",
    "common_options",
    "count",
    "encoding_option",
    "field_options",
    "file_argument",
    "for_help",
    "json_option",
    "limit_option",
    "number",
    "option",
    "result_options",
    "sandbox_option",
    "seconds",
    "values_from",
    "wait_option",
    "whole",
]

# Phrases of the docstrings, and what the help says instead.
_PHRASES = (
    ("Each a URL, a Path, bytes, an `Upload` or a `Result`.", "URLs or files."),
    ("A URL, a Path, bytes, an `Upload` or a `Result`.", "A URL or a file."),
    ("A file: a Path, bytes or an open file.", "A file."),
    ("Server default: True.", "Server default: true."),
    ("Server default: False.", "Server default: false."),
)
_OUT_HELP = "download the results to this folder, or to an object store: s3://bucket/prefix"
_SANDBOX_HELP = "try it out: against a sandbox that is started for this command; costs nothing"
_LONGEST = 56  # characters of the choices that the help lists; completion knows them all
_PREFIX = "field_"  # keeps the fields apart from a command's own options
_ON_OFF = "true|false"


class Value(ValueType):
    """A value that is checked as soon as it is given.

    Args:
        name: what messages call it.
        parse: makes the value of a text; raises ValueError, whose text says what is wrong.
        file: complete the names of files.
        folder: complete the names of folders.
        choices: complete these.
    """

    def __init__(
        self,
        name: str,
        parse: Callable[[str], Any] = str,
        *,
        file: bool = False,
        folder: bool = False,
        choices: Iterable[str] = (),
    ) -> None:
        self.name = name
        self._parse = parse
        self._kind = "file" if file else "dir" if folder else ""
        self._choices = tuple(choices)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Make the value. What was made already, and a default, is taken as it is."""
        if not isinstance(value, str) or (ctx is not None and ctx.resilient_parsing):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            written = param.opts[0] if isinstance(param, click.Option) else self.name
            raise usage_error(f"{written}: {error}", ctx) from None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete a choice, or let the shell complete the name of a file."""
        from click.shell_completion import CompletionItem

        if self._kind:
            return [CompletionItem(incomplete, type=self._kind)]
        return [CompletionItem(each) for each in self._choices if each.startswith(incomplete)]


class WorkflowName(ValueType):
    """The name of a workflow. It is checked by the command."""

    name = "workflow"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the names of workflows."""
        from click.shell_completion import CompletionItem

        from a2e_async.cli.catalogue import workflows as known

        wanted = incomplete.replace("-", "_")
        return [
            CompletionItem(start.name, help=start.summary)
            for start in known()
            if start.name.startswith(wanted)
        ]


def count(text: str) -> int:
    """Parse a whole number, at least 1."""
    value = int(text) if text.strip().isdecimal() else 0
    if value < 1:
        raise ValueError(f"{text!r} is not a whole number above 0")
    return value


def whole(text: str) -> int:
    """Parse a whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """Parse a number."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def seconds(text: str) -> float:
    """Parse a length of time above 0."""
    value = number(text)
    if not 0 < value < float("inf"):
        raise ValueError(f"{text!r} is not a number of seconds above 0")
    return value


def option(
    *declarations: str,
    parse: Callable[[str], Any] = str,
    folder: bool = False,
    file: bool = False,
    **more: Any,
) -> Option:
    """Make an option of a command."""
    choices = more.pop("choices", ())
    kind = Value(declarations[0], parse, folder=folder, file=file, choices=choices)
    return Option(list(declarations), type=kind, **more)


def argument(name: str, metavar: str, *, file: bool = False, **more: Any) -> click.Argument:
    """Make an argument of a command."""
    return click.Argument([name], metavar=metavar, type=Value(metavar, file=file), **more)


def file_argument(metavar: str = "FILE") -> click.Argument:
    """Make the argument that names the file of a command's input."""
    return argument("file", metavar, file=True)


def json_option() -> click.Option:
    """Make the option that asks for JSON."""
    return Flag(["--json"], help="print JSON, one value on a line", group="Common")


def sandbox_option(help_text: str = _SANDBOX_HELP) -> click.Option:
    """Make the option that leaves the service out."""
    return Flag(["--sandbox"], help=help_text, group="Common")


def common_options(*, sandbox: bool | str = True) -> list[click.Option]:
    """Make the options that every command has that talks to the service.

    Args:
        sandbox: whether it can leave the service out, or what the help says of that.
    """
    found = [
        json_option(),
        option(
            "--base-url", metavar="URL", help="the URL of the API (default: A2E_BASE_URL)", group="Common"
        ),
    ]
    if sandbox:
        found.append(sandbox_option(_SANDBOX_HELP if sandbox is True else sandbox))
    return found


def wait_option() -> Option:
    """Make the option that limits how long a task is waited for."""
    return option(
        "--wait-timeout",
        parse=seconds,
        default=900.0,
        metavar="SECONDS",
        help="how long to wait for a task (default: 900)",
        group="Result",
    )


def out_option(**more: Any) -> Option:
    """Make the option that names the folder of the results."""
    given: dict[str, Any] = {"help": _OUT_HELP, "group": "Result", **more}
    return option("--out", "--download-to", "out", parse=_folder, folder=True, metavar="FOLDER", **given)


def result_options() -> list[click.Option]:
    """Make the options of commands that wait for a task."""
    return [out_option(), wait_option()]


def limit_option() -> Option:
    """Make the option that limits how much is listed."""
    return option(
        "--limit", parse=count, default=20, metavar="NUMBER", help="the most records to print (default: 20)"
    )


def encoding_option() -> Option:
    """Make the option that names the encoding of a file."""
    return option(
        "--encoding",
        parse=_known_encoding,
        metavar="NAME",
        help="the file's encoding, such as cp1252 (default: UTF-8 or UTF-16)",
    )


def _known_encoding(text: str) -> str:
    import codecs

    try:
        "".encode(text)
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        raise ValueError(f"no such encoding: {text!r}") from None


def _folder(text: str) -> str:
    """A folder that exists or can be created, or the address of an object store whose driver is there."""
    if "://" in text:
        return _address(text)
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise ValueError(f"{text!r} is not a folder")
    return text


def _address(text: str) -> str:
    from a2e_async._files.object_store import open_object_store
    from a2e_async._files.places import place_of
    from a2e_async.errors import A2EError

    try:
        place = place_of("address", text)
        if isinstance(place, str):
            open_object_store(place)
    except (A2EError, OSError) as error:
        raise ValueError(str(error)) from None
    return text


# Fields


def field_options(call: Call, taken: Iterable[click.Parameter]) -> list[click.Option]:
    """Make one option for each keyword of a call, and options for members without a keyword.

    Args:
        call: the call.
        taken: the command's own options. A field of the same name becomes ``--field-NAME``.
    """
    names = {name for param in taken for name in param.opts} | {"--help"}
    docs = call.keyword_docs()
    found: list[click.Option] = []
    for field in call.operation.fields:
        plain = canonical(field.name.strip("_"))
        written = f"--field-{plain}" if f"--{plain}" in names else f"--{plain}"
        found.append(
            Option(
                [written, _PREFIX + field.name],
                type=_type_of(field.item or field if field.kind is list else field),
                texts="+" if field.kind is list else 1,
                bare="true" if field.kind is bool else None,
                required=field.required,
                help=for_help(_without_choices(docs.get(field.name, ""), field)),
                metavar=_metavar(field),
                group="Required" if field.required else "Options",
            )
        )

    if call.takes_body:
        found.append(_json("--body", "the body; the API does not document its members"))
    if call.operation.has_body:
        found.append(_json("--extra", "more members of the body; they override the options"))
    return found


def _json(name: str, help_text: str) -> Option:
    return option(name, metavar="JSON", help=f"{help_text}; @FILE reads it from a file")


def for_help(text: str) -> str:
    """A description from a docstring, without Python's terms."""
    for python, shell in _PHRASES:
        text = text.replace(python, shell)
    return text.replace("`", "")


def _without_choices(words: str, field: Field) -> str:
    """The words without the known values, if the metavar has all of them."""
    if _metavar(field).endswith("..."):
        return words
    listed = f"One of {', '.join(map(str, field.choices))}."
    return " ".join(words.replace(listed, "").split())


def _type_of(field: Field) -> Value:
    if field.media:
        return Value(field.name, file=True)
    choices = ("true", "false") if field.kind is bool else map(str, field.choices)
    return Value(field.name, choices=choices)


def _metavar(field: Field) -> str:
    if field.kind is list:
        return _metavar(field.item) if field.item else "VALUE"
    if field.choices:
        names = [re.sub(r"[\s|\[\]]", "", str(choice)) for choice in field.choices]
        most = next(n for n in range(len(names), 0, -1) if n == 1 or len("|".join(names[:n])) <= _LONGEST)
        return "|".join(names if most == len(names) else [*names[:most], "..."])
    if field.media:
        return "URL|FILE"
    kinds = {str: "TEXT", int: "NUMBER", float: "NUMBER", bool: _ON_OFF, dict: "JSON"}
    return kinds.get(field.kind, "VALUE")


def values_from(options: Options, call: Call) -> dict[str, Any]:
    """The keywords of the call, from the options given.

    Raises:
        InvalidArgument: a value is invalid.
    """
    from a2e_async._rows.values import json_object, value_of

    found: dict[str, Any] = {}
    for field in call.operation.fields:
        given = getattr(options, _PREFIX + field.name)
        if given is not None and given != ():
            found[field.name] = value_of(field, list(given) if isinstance(given, tuple) else [given])

    if getattr(options, "body", None) is not None:
        found["body"] = json_object("body", options.body)
    if getattr(options, "extra", None) is not None:
        found["extra_body"] = json_object("extra", options.extra)
    return found
