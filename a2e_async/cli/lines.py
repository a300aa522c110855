"""The jobs of a bulk run, read from JSON lines or from a table."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

from anyio.lowlevel import checkpoint

from a2e_async._rows.json_text import read_json
from a2e_async._rows.text_files import lines_of
from a2e_async._rows.values import cells_of, coins_of, json_object, keywords_of
from a2e_async._spec.operation import check_options
from a2e_async.cli.catalogue import Call, start_named
from a2e_async.cli.tables import delimiter_of, rows_of
from a2e_async.client import A2E
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job

__all__ = ["NeedsFiles", "each", "jobs_in", "number_of"]

_AT_A_STRETCH = 50  # jobs

NeedsFiles = Callable[[Job[Any]], bool]


def jobs_in(
    a2e: A2E, path: Path, *, encoding: str | None = None, needs_files: NeedsFiles | None = None
) -> Generator[Job[Any], None, None]:
    """Read the jobs: one for each line of JSON, or for each row of a table.

    Args:
        a2e: the client.
        path: the file.
        encoding: its encoding; by default what its first bytes say, else UTF-8.
        needs_files: says whether a job needs its files, some of which are gone; by default every job does.

    Raises:
        InvalidArgument: a line is invalid. The message gives its number.
    """
    for number, line in _lines_of(path, encoding):
        try:
            given = line if isinstance(line, dict) else _object_in(line)
            yield _job_of(a2e, given, needs_files, in_table=isinstance(line, dict))
        except InvalidArgument as error:
            raise InvalidArgument(f"line {number}", str(error)) from error


async def each(jobs: Iterable[Job[Any]]) -> AsyncIterator[Job[Any]]:
    """Yield the jobs, and let the loop do other things now and then: what was drawn, and Ctrl-C."""
    for number, job in enumerate(jobs, 1):
        yield job
        if number % _AT_A_STRETCH == 0:
            await checkpoint()


async def number_of(jobs: Iterable[Job[Any]]) -> int:
    """How many jobs there are. All of them are made, so this checks them, too."""
    count = 0
    async for _ in each(jobs):
        count += 1
    return count


def _lines_of(path: Path, encoding: str | None) -> Iterator[tuple[int, str | dict[str, Any]]]:
    """Yield what is not empty, with its number: lines of JSON, or the rows of a table."""
    lines = lines_of(path, encoding=encoding)
    head: list[str] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break

    first = head[-1].strip() if head else ""
    lines = itertools.chain(head, lines)
    delimiter = None if first.startswith("{") else delimiter_of(first, "workflow")
    if delimiter is not None:
        yield from rows_of(lines, delimiter)
        return
    if first and first[0] not in '{["':
        raise InvalidArgument(
            f"line {len(head)}", "is neither a JSON object nor the names of columns, with workflow among them"
        )
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, line


def _job_of(a2e: A2E, given: dict[str, Any], needs_files: NeedsFiles | None, *, in_table: bool) -> Job[Any]:
    """The job of one line: ``{"workflow": …, "key": …, "quote": …, keywords…}``.

    If a keyword is itself called like one of these, all keywords go into ``"body": {…}``. The cells
    of a table are texts, written as the options of ``a2e run``.

    Raises:
        InvalidArgument: the line is not such an object, or a keyword is invalid.
    """
    name, key, body = given.pop("workflow", None), given.pop("key", None), given.pop("body", {})
    quote = given.pop("quote", None)
    if in_table and isinstance(body, str):
        body = json_object("body", body)
    if not isinstance(name, str):
        raise InvalidArgument("workflow", "is missing or not a string")
    if not isinstance(body, dict):
        raise InvalidArgument("body", "is not an object")

    call = start_named(name.strip())
    if in_table:
        given = cells_of(call.operation, given)
    gone: list[InvalidArgument] | None = [] if needs_files else None
    if call.takes_body:
        keywords = {**keywords_of(call.operation, given, gone), **({"body": body} if body else {})}
    else:
        keywords = keywords_of(call.operation, {**given, **body}, gone)
    _check_keywords(call, keywords)

    resource = getattr(a2e, call.resource)
    start = resource if call.method == "__call__" else getattr(resource, call.method)
    job: Job[Any] = start(**keywords)
    if key is not None:
        job = job.with_key(key)
    if quote is not None:
        job = job.with_quote(coins_of(quote))
    if gone and needs_files is not None and needs_files(job):
        raise gone[0]
    return job


def _object_in(line: str) -> dict[str, Any]:
    try:
        given = read_json(line)
    except ValueError as error:
        raise InvalidArgument("JSON", str(error)) from error
    if not isinstance(given, dict):
        raise InvalidArgument("JSON", "is not an object")
    return given


def _check_keywords(call: Call, keywords: dict[str, Any]) -> None:
    """Refuse unknown keywords and missing ones: Python's own messages do not suit a line of JSON."""
    names = {*call.keywords, *(["body"] if call.takes_body else [])}
    check_options({name: value for name, value in keywords.items() if name not in names}, list(names))
    for field in call.operation.body:
        if field.required and field.name not in keywords:
            raise InvalidArgument(field.name, "is required")
