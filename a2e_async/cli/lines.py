"""The jobs of a bulk run, read from JSON lines."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from a2e_async._spec.operation import check_options
from a2e_async.cli.catalogue import Call, start_named
from a2e_async.cli.values import keywords_of
from a2e_async.client import A2E
from a2e_async.errors import InvalidArgument
from a2e_async.jobs import Job

__all__ = ["NeedsFiles", "jobs_in", "open_lines"]

NeedsFiles = Callable[[Job[Any]], bool]


@contextmanager
def open_lines(name: str) -> Iterator[Path]:
    """Give a file that can be read twice. For ``-``, stdin is copied to a file for as long as the block runs.

    Raises:
        InvalidArgument: the file does not exist.
    """
    if name != "-":
        path = Path(name)
        if not path.is_file():
            raise InvalidArgument("FILE", f"{name!r} is not a file")
        yield path
        return

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for line in sys.stdin:
                file.write(line)

        yield path


def jobs_in(
    a2e: A2E, path: Path, *, needs_files: NeedsFiles | None = None
) -> Generator[Job[Any], None, None]:
    """Read the jobs, one for each line that is not empty.

    Args:
        a2e: the client.
        path: the file.
        needs_files: says whether a job needs its files, some of which are gone; by default every job does.

    Raises:
        InvalidArgument: a line is invalid. The message gives its number.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield _job_of(a2e, line, needs_files)
                except InvalidArgument as error:
                    raise InvalidArgument(f"line {number}", str(error)) from error


def _job_of(a2e: A2E, line: str, needs_files: NeedsFiles | None) -> Job[Any]:
    """The job of one line: ``{"workflow": …, "key": …, keywords…}``.

    If a keyword is itself called ``workflow`` or ``key``, all keywords go into ``"body": {…}``.

    Raises:
        InvalidArgument: the line is not such an object, or a keyword is invalid.
    """
    given = _object_in(line)
    name, key, body = given.pop("workflow", None), given.pop("key", None), given.pop("body", {})
    if not isinstance(name, str):
        raise InvalidArgument("workflow", "is missing or not a string")
    if not isinstance(body, dict):
        raise InvalidArgument("body", "is not an object")

    call = start_named(name)
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
    if gone and needs_files is not None and needs_files(job):
        raise gone[0]
    return job


def _object_in(line: str) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
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
