"""Values for a `Field`, from the texts of a command line or of a table, and from JSON."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from a2e_async._rows.json_text import read_json
from a2e_async._rows.text_files import read_text
from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation
from a2e_async.errors import InvalidArgument

__all__ = [
    "FilesIn",
    "NamedFiles",
    "as_keyword",
    "cells_of",
    "coins_of",
    "json_object",
    "keywords_of",
    "value_of",
]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|data:")
Gone = list[InvalidArgument] | None
_TRUE, _FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


class NamedFiles:
    """Texts may name any file of this machine: the user of a command line has written them."""

    def medium(self, where: str, text: str, gone: Gone = None) -> str | Path:
        """A URL as it is, else the path of a file."""
        if not text.startswith("@") and _URL.match(text):
            return text
        path = Path(text.removeprefix("@")).expanduser()
        if not path.is_file():
            problem = InvalidArgument(where, f"{text!r} is neither a URL nor a file")
            if gone is None or path.exists():
                raise problem
            gone.append(problem)
        return path

    def content(self, where: str, text: str) -> str:
        """The text, or that of the file named after ``@``."""
        if not text.startswith("@"):
            return text
        try:
            return read_text(Path(text[1:]).expanduser())
        except (OSError, ValueError) as error:
            raise InvalidArgument(where, f"{text!r} cannot be read: {error}") from error


class FilesIn(NamedFiles):
    """Texts may name the files in one folder, or none: they may come from anywhere.

    Args:
        folder: the folder; None for none.
    """

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        self._folder = None if folder is None else os.path.abspath(os.fspath(folder))

    def medium(self, where: str, text: str, gone: Gone = None) -> str | Path:
        """A URL as it is, else the path of a file in the folder."""
        if _URL.match(text):
            return text
        if self._folder is None:
            raise InvalidArgument(
                where, f"{text!r} is not a URL; if it is a file, name the folder that it is in: files=..."
            )
        path = os.path.normpath(os.path.join(self._folder, text))
        if os.path.commonpath([path, self._folder]) != self._folder:
            raise InvalidArgument(where, f"{text!r} is not in the folder {self._folder!r}")
        return super().medium(where, path, gone)

    def content(self, where: str, text: str) -> str:
        """The text."""
        return text


ANYWHERE = NamedFiles()


def value_of(field: Field, texts: Sequence[str], files: NamedFiles = ANYWHERE) -> Any:
    """The value of one option.

    Args:
        field: the field that the option sets.
        texts: the texts given for it; several for a list.
        files: the files that they may name.

    Raises:
        InvalidArgument: the text is not valid for the field.
    """
    if field.kind is not list:
        return _single(field, field.name, texts[-1], files)

    item = field.item or Field("")
    if len(texts) == 1 and texts[0].lstrip().startswith("["):
        value = _json(field.name, texts[0], files)
        if isinstance(value, list):
            return _with_files(field, value, field.name, files)
    return [_single(item, f"{field.name}[{index}]", text, files) for index, text in enumerate(texts)]


def _single(field: Field, where: str, text: str, files: NamedFiles) -> Any:
    if field.media:
        return files.medium(where, text)
    if field.kind is bool:
        return _boolean(where, text)
    if field.kind in (int, float):
        return _number(field, where, text)
    if field.kind is dict or (field.kind is list and field.item is not None):
        return _with_files(field, _json(where, text, files), where, files)
    if field.kind is object:
        return _untyped(field, text)
    return text


def _boolean(where: str, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise InvalidArgument(where, f"{text!r} is not true or false")


def _number(field: Field, where: str, text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if field.kind is int and number.is_integer():  # 2.0, as frames write whole numbers beside empty cells
        return int(number)
    if field.kind is int or math.isnan(number):
        raise InvalidArgument(where, f"{text!r} is not a {'whole ' if field.kind is int else ''}number")
    return number


def _untyped(field: Field, text: str) -> Any:
    """A value of unknown type: one of the choices, else JSON, else the text itself."""
    for choice in field.choices:
        if str(choice) == text:
            return choice
    try:
        return read_json(text)
    except ValueError:
        return text


def _json(where: str, text: str, files: NamedFiles = ANYWHERE) -> Any:
    """A JSON value, from the text or from the file named after ``@``."""
    try:
        return read_json(files.content(where, text))
    except ValueError as error:
        if isinstance(error, InvalidArgument):
            raise
        raise InvalidArgument(where, f"not JSON: {error}") from error


def as_keyword(column: str) -> str:
    """The name of a column as keywords are written: a spreadsheet may say ``Image URL``."""
    return "_".join(column.lower().replace("-", "_").split())


def coins_of(quote: Any) -> Any:
    """What a row says a job costs; the texts of a table are numbers.

    Raises:
        InvalidArgument: a text is no number.
    """
    try:
        return float(quote) if isinstance(quote, str) else quote
    except ValueError:
        raise InvalidArgument("quote", f"{quote!r} is not a number of coins") from None


def json_object(where: str, text: str) -> dict[str, Any]:
    """A JSON object, from the text or from the file named after ``@``.

    Raises:
        InvalidArgument: the text is not a JSON object, or the file cannot be read.
    """
    value = _json(where, text)
    if not isinstance(value, dict):
        raise InvalidArgument(where, "not a JSON object")
    return value


def _with_files(field: Field, value: Any, where: str, files: NamedFiles, gone: Gone = None) -> Any:
    """A JSON value with the names of local files replaced by their paths, where the field takes media.

    Raises:
        InvalidArgument: a medium is neither a URL nor a file.
    """
    if isinstance(value, str) and field.media:
        return files.medium(where, value, gone)

    if isinstance(value, list) and field.item is not None:
        item = field.item
        return [_with_files(item, each, f"{where}[{index}]", files, gone) for index, each in enumerate(value)]

    if isinstance(value, Mapping) and field.fields:
        members = {member.wire_name: member for member in field.fields}
        return {
            key: _with_files(members[key], each, f"{where}.{key}", files, gone) if key in members else each
            for key, each in value.items()
        }

    return value


def cells_of(
    operation: Operation[Any], cells: Mapping[str, Any], files: NamedFiles = ANYWHERE
) -> dict[str, Any]:
    """The values of a table's cells, by their columns. A column that the operation does not know stays text.

    Args:
        operation: what takes them.
        cells: texts; what is no text is a value already.
        files: the files that they may name.

    Raises:
        InvalidArgument: a cell is not valid for its field.
    """
    fields = _fields_by_name(operation)
    return {
        name: value_of(fields[name], [cell], files)
        if name in fields and isinstance(cell, str) and not _is_medium(fields[name])
        else cell
        for name, cell in cells.items()
    }


def _is_medium(field: Field) -> bool:
    """Whether the field takes one medium, whose file `keywords_of` looks for."""
    return field.media and field.kind is not list


def _fields_by_name(operation: Operation[Any]) -> dict[str, Field]:
    """The fields of a body under the API's names and Python's."""
    fields = {field.wire_name: field for field in operation.body}
    return fields | {field.name: field for field in operation.body}


def keywords_of(
    operation: Operation[Any], body: Mapping[str, Any], gone: Gone = None, files: NamedFiles = ANYWHERE
) -> dict[str, Any]:
    """The keywords of a call, from a JSON object with the API's names or Python's.

    Args:
        operation: the operation of the call.
        body: the object.
        gone: takes the errors of files that do not exist; without it, such an error is raised.
        files: the files that it may name.

    Raises:
        InvalidArgument: a keyword is given under both names, or a medium is neither a URL nor a file.
    """
    fields = _fields_by_name(operation)
    found: dict[str, Any] = {}
    for key, value in body.items():
        field = fields.get(key) or fields.get(key.replace("-", "_"))
        name = field.name if field else key
        if name in found:
            raise InvalidArgument(name, "is given twice")
        found[name] = _with_files(field, value, name, files, gone) if field else value
    return found
