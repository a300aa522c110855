"""Tables as spreadsheets write them (CSV): a line of column names, then a row for each job."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator

from a2e_async._rows.values import as_keyword
from a2e_async.errors import InvalidArgument

__all__ = ["delimiter_of", "rows_of"]

_DELIMITERS = (",", ";", "\t", "|")
_CHOSEN = re.compile(r"sep=([,;|\t])\s*", re.IGNORECASE)  # a first line that some spreadsheets write


def delimiter_of(line: str, column: str) -> str | None:
    """The delimiter of a table whose first line is this one; None if it is no table with that column."""
    if chosen := _CHOSEN.fullmatch(line):
        return chosen[1]
    for delimiter in _DELIMITERS:
        if column in _names(next(csv.reader([line], delimiter=delimiter), [])):
            return delimiter
    return None


def rows_of(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row that is not empty: the number of its first line, and its cells by their columns.

    Empty cells are left out.

    Raises:
        InvalidArgument: a row is no row of this table. The message gives its line.
    """
    rows = _rows(lines, delimiter)
    number, names = next(rows, (1, []))
    if _CHOSEN.fullmatch(delimiter.join(names)):
        number, names = next(rows, (1, []))
    names = _names(names)
    for name in filter(None, names):
        if names.count(name) > 1:
            raise InvalidArgument(f"line {number}", f"the column {name!r} is there twice")

    for number, cells in rows:
        row: dict[str, str] = {}
        for name, cell in itertools.zip_longest(names, cells, fillvalue=""):
            if cell and not name:
                raise InvalidArgument(f"line {number}", f"{cell!r} is in a column without a name")
            if cell:
                row[name] = cell
        if row:
            yield number, row


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with cells, each with the number of its first line: a cell may hold line ends."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidArgument(f"line {number}", f"CSV: {error}") from None
        if any(cells):
            yield number, cells


def _names(cells: list[str]) -> list[str]:
    return [as_keyword(cell) for cell in cells]
