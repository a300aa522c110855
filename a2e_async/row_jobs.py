"""Jobs from rows: mappings, the rows of a table, a data frame."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol

from a2e_async._rows.values import FilesIn, as_keyword, cells_of, coins_of, keywords_of
from a2e_async._spec.field import hint, shown
from a2e_async._spec.operation import Operation
from a2e_async._spec.values import is_missing
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job
from a2e_async.plain_jobs import workflow_named
from a2e_async.protocols import Client
from a2e_async.records import TaskRecordT_co
from a2e_async.resources import Workflow

__all__ = ["Frame", "RowJobs"]

_OWN = ("workflow", "key", "quote")  # columns that are no keywords
_NO_ROWS = (str, bytes, os.PathLike, Mapping, AsyncIterable)


class Frame(Protocol):
    """A data frame, of any library."""

    @property
    @abstractmethod
    def columns(self) -> Any:
        """The names of its columns, or the columns."""


class RowJobs(Generic[TaskRecordT_co]):
    """The Jobs of rows; see `A2E.jobs`. Each is made anew whenever it is asked for, so few are in memory.

    Args:
        client: the client of the jobs.
        rows: mappings, or a data frame.
        workflow: makes the jobs of rows that name none.
        files: the folder in which texts may name files; None for none.

    Raises:
        InvalidArgument: a row is invalid. The message gives its number.
    """

    def __init__(
        self,
        client: Client,
        rows: Any,
        workflow: str | Workflow[Any] | None,
        files: str | os.PathLike[str] | None,
    ) -> None:
        self._client = client
        self._workflow = workflow
        self._files = FilesIn(files)
        # What can be read only once is kept, so that all of it can be checked before the first job starts.
        self._rows: Any = list(rows) if isinstance(rows, Iterator) else rows
        self._count = self._checked()

    def __repr__(self) -> str:
        return f"<{self._count} Job{'' if self._count == 1 else 's'} of rows>"

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Job[TaskRecordT_co]]:
        """Make the jobs, in the order of the rows."""
        for number, row in enumerate(_rows_of(self._rows), 1):
            yield self._job(number, row)

    def _checked(self) -> int:
        """Make each job once, and count them."""
        keys: dict[str, int] = {}
        count = 0
        for count, job in enumerate(self, 1):
            if job.key is not None and keys.setdefault(job.key, count) != count:
                raise InvalidArgument(f"row {count}", f"key: {job.key!r} is also that of row {keys[job.key]}")
        return count

    def _job(self, number: int, row: Any) -> Job[TaskRecordT_co]:
        try:
            return self._made(row)
        except InvalidArgument as error:
            raise InvalidArgument(f"row {number}", str(error)) from error

    def _made(self, row: Any) -> Job[TaskRecordT_co]:
        if not isinstance(row, Mapping):
            raise InvalidArgument("row", f"{shown(row)} is not a mapping of columns{_row_advice(row)}")
        if None in row:
            raise InvalidArgument("row", f"has more cells than there are columns: {shown(row[None])}")
        cells = {_name(name): cell for name, cell in row.items() if not _is_empty(cell)}
        cells = _renamed(cells, _OWN)

        name, key, quote = (cells.pop(column, None) for column in _OWN)
        workflow, operation = workflow_named(self._client, self._workflow if name is None else name)
        names = _keywords(operation)
        cells = _renamed(cells, names)
        _check_columns(workflow.name, cells, names)
        values = cells_of(operation, cells, self._files)
        keywords = keywords_of(operation, values, files=self._files)

        job = Job(workflow, operation, operation.call(keywords, {}))
        job = job if key is None else job.with_key(_key(key))
        return job if quote is None else job.with_quote(coins_of(quote))


def _rows_of(rows: Any) -> Iterator[Any]:
    """The rows of a list or of a data frame, whichever library made it.

    Raises:
        InvalidArgument: it has no rows.
    """
    if callable(getattr(rows, "iter_rows", None)):  # of polars and narwhals
        yield from rows.iter_rows(named=True)

    elif callable(getattr(rows, "itertuples", None)):  # of pandas
        names = list(rows.columns)
        for cells in rows.itertuples(index=False, name=None):
            yield dict(zip(names, cells, strict=True))

    elif callable(getattr(rows, "to_batches", None)):  # of pyarrow
        for batch in rows.to_batches():
            yield from batch.to_pylist()

    elif isinstance(rows, _NO_ROWS) or not isinstance(rows, Iterable):
        raise InvalidArgument("rows", f"{shown(rows)} has no rows{_advice(rows)}")
    else:
        yield from rows


def _advice(rows: Any) -> str:
    if isinstance(rows, str | os.PathLike):
        return ": for a file of comma-separated values give csv.DictReader(file)"
    if isinstance(rows, Mapping):
        return ": give a list of such mappings"
    if isinstance(rows, AsyncIterable):
        return ": read them first, [row async for row in rows]"
    return ": call collect() before" if callable(getattr(rows, "collect", None)) else ""


def _row_advice(row: Any) -> str:
    if isinstance(row, str):
        return ': it is a dict such as {"prompt": "a red kite"}; csv.DictReader(file) makes them of lines'
    if isinstance(row, list | tuple):
        return ": csv.DictReader(file) names the cells, csv.reader does not"
    return ": jobs can be given to a2e.bulk as they are" if isinstance(row, Job) else ""


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise InvalidArgument("row", f"the name of a column is {shown(name)}, not a string")
    return name.strip("\ufeff \t\r\n")  # the mark that spreadsheets put before the first column


def _key(key: Any) -> str:
    """The text of a key. A frame makes 17 a 17.0 as soon as another row has no key: it is the same job."""
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip()) or is_missing(cell)


def _keywords(operation: Operation[Any]) -> list[str]:
    return [name for field in operation.body for name in (field.name, field.wire_name)]


def _renamed(cells: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The cells with columns such as ``Image URL`` under the keywords that they mean, as `a2e bulk` does."""
    found: dict[str, Any] = {}
    for column, cell in cells.items():
        keyword = as_keyword(column)
        name = keyword if column not in names and keyword in names else column
        if name in found:
            raise InvalidArgument(name, "is given twice")
        found[name] = cell
    return found


def _check_columns(workflow: str, cells: Mapping[str, Any], names: Sequence[str]) -> None:
    for column in cells:
        if column not in names:
            advice = _column_advice(column, [*_OWN, *names])
            raise InvalidArgument(column, f"is not a keyword of {workflow}{advice}")


def _column_advice(column: str, names: list[str]) -> str:
    delimiter = next((each for each in (";", "\t", "|") if each in column), None)
    if delimiter is not None:
        return f": are the columns separated by {delimiter!r}? csv.DictReader(file, delimiter={delimiter!r})"
    if column == "body":
        return ": of what Job.to_dict() returned, a2e.job(row) makes a Job"
    return f"{hint(column, names)}; leave out what is no keyword, key, quote or workflow"
