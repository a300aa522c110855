"""The lines that the commands print: results on stdout, errors on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from a2e_async._transport.redaction import masked
from a2e_async.cli.layout import amount, colored, columns, cut, fitting, padded, width_of
from a2e_async.cli.streams import can_encode, is_terminal, shown, write_line
from a2e_async.cli.wording import for_shell
from a2e_async.errors import ConfigurationError
from a2e_async.records import Record
from a2e_async.settings import Token

if TYPE_CHECKING:
    from a2e_async._bulk.outcomes import Outcome
    from a2e_async.tasks import Result, Task

__all__ = [
    "outcome_facts",
    "print_error",
    "print_finding",
    "print_hint",
    "print_json",
    "print_outcome",
    "print_row",
    "print_table",
    "print_text",
    "reason_of",
    "result_facts",
    "task_facts",
    "to_plain",
]


_TASK_ID = re.compile(r"\btask [0-9a-f]{24} (failed: )?")
_FIRST = 8  # columns of a line's first word


def print_row(*cells: object, width: int = _FIRST) -> None:
    """Print a line on stdout: its cells separated by tabs; on a terminal by spaces, the first in colour.

    Args:
        *cells: what is printed.
        width: the columns that the first cell takes on a terminal.
    """
    texts = [shown(cell) for cell in cells]
    if not is_terminal(sys.stdout):
        write_line(sys.stdout, "\t".join(texts))
        return
    first = colored(f"{texts[0]:{width}}", texts[0], sys.stdout)
    write_line(sys.stdout, "  ".join([first, *texts[1:]]).rstrip())


def print_finding(word: str, name: str, text: str) -> None:
    """Print a word, what it is about, and a text, which on a terminal goes on below its own beginning."""
    if not is_terminal(sys.stdout):
        print_row(word, name, text)
        return
    import textwrap

    first = f"{shown(word):6}{shown(name):10}"
    lines = textwrap.wrap(shown(text), max(30, columns() - len(first) - 1), break_on_hyphens=False)
    for index, line in enumerate(lines or [""]):
        start = colored(first[:6], word, sys.stdout) + first[6:] if index == 0 else " " * len(first)
        write_line(sys.stdout, start + line)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows on stdout: on a terminal as a table that fits, else with tabs and without the header."""
    texts = [["-" if cell is None or cell == "" else shown(cell) for cell in row] for row in rows]
    if not is_terminal(sys.stdout):
        for row in texts:
            write_line(sys.stdout, "\t".join(row))
        return
    if not texts:
        print_error("there is nothing to list")
        return

    widths = fitting([list(header), *texts], columns() - 1)
    for index, row in enumerate([[name.upper() for name in header], *texts]):
        cells = [padded(cell, width) for cell, width in zip(row, widths, strict=True)]
        words = ["dim"] * len(row) if index == 0 else row
        line = "  ".join(colored(cell, word, sys.stdout) for cell, word in zip(cells, words, strict=True))
        write_line(sys.stdout, line.rstrip())


def print_json(value: Any) -> None:
    """Print a line of JSON on stdout; in ASCII if stdout cannot encode it otherwise."""
    plain = to_plain(value)
    line = json.dumps(plain, ensure_ascii=False, default=str)
    write_line(sys.stdout, line if can_encode(sys.stdout, line) else json.dumps(plain, default=str))


def print_text(text: str) -> None:
    """Print a text of several lines on stdout."""
    for line in text.splitlines():
        write_line(sys.stdout, line)


def print_error(text: object) -> None:
    """Print a line on stderr, without secrets. Whether it can be written changes nothing."""
    line = f"a2e: {shown(masked(str(text), _token()))}"
    with suppress(OSError, ValueError):
        for each in _wrapped(line) if is_terminal(sys.stderr) else [line]:
            write_line(sys.stderr, each)


def _wrapped(line: str) -> list[str]:
    """The line in the width of the terminal. Words stay whole: some are copied."""
    import textwrap

    return textwrap.wrap(
        line, columns() - 1, subsequent_indent="     ", break_long_words=False, break_on_hyphens=False
    )


def print_hint(command: str) -> None:
    """Print a command on stderr that can be copied, without secrets."""
    with suppress(OSError, ValueError):
        write_line(sys.stderr, f"  {shown(masked(command, _token()))}")


def _token() -> Token | None:
    """The token of the environment, to keep it out of what is printed; None if there is none."""
    try:
        return Token(None).checked()
    except ConfigurationError:
        return None


def to_plain(value: Any) -> Any:
    """The value in types that JSON has."""
    if isinstance(value, Record):
        return to_plain(value.raw)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if attrs.has(type(value)):
        return to_plain(attrs.asdict(value, recurse=False))
    return value


def task_facts(task: Task[Any]) -> dict[str, Any]:
    """The facts of an accepted task."""
    return {"workflow": task.workflow.name, "id": task.id, "ids": list(task.ids), "coins": task.coins}


def result_facts(result: Result[Any], paths: Sequence[Path]) -> dict[str, Any]:
    """The facts of a finished task and its downloaded files."""
    return {
        **task_facts(result.task),
        "coins": result.coins,
        "elapsed": round(result.elapsed, 3),
        "urls": list(result.urls),
        "files": paths,
        "record": result.record,
    }


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """The facts of one job of a bulk run."""
    result, error = outcome.result, outcome.error

    return {
        "index": outcome.index,
        "key": outcome.key,
        "workflow": outcome.job.workflow.name,
        "ok": error is None,
        "id": result.task.id if result else None,
        "coins": result.coins if result else None,
        "urls": list(result.urls) if result else [],
        "files": outcome.paths,
        "error": None if error is None else f"{type(error).__name__}: {error}",
        "attempts": outcome.attempts,
        "replayed": outcome.replayed,
    }


def reason_of(outcome: Outcome) -> str:
    """Why a job has failed, without its id: jobs that failed for the same reason read the same."""
    return _TASK_ID.sub("", f"{type(outcome.error).__name__}: {outcome.error}")


def print_outcome(outcome: Outcome, *, json: bool) -> None:
    """Print the line of one job of a bulk run. On a terminal it takes no more than one."""
    facts = outcome_facts(outcome)
    if json:
        print_json(facts)
        return
    word = "done" if facts["error"] is None else "failed"
    name = str(facts["key"] or facts["index"])
    ends = [for_shell(reason_of(outcome))] if word == "failed" else facts["files"] or facts["urls"]

    if is_terminal(sys.stdout):
        # Half a URL is of no use; with the id, `a2e download` gets what was made.
        instead = "" if facts["files"] else facts["id"] or ""
        end = shown(ends[0]) if ends else ""
        _print_fitting(word, name, facts["workflow"], facts["coins"], end, instead)
    elif word == "failed":
        print_row(word, name, facts["workflow"], for_shell(str(facts["error"])))
    else:
        print_row(word, name, facts["workflow"], facts["id"], *ends)


def _print_fitting(word: str, name: str, workflow: str, coins: float | None, end: str, instead: str) -> None:
    """Print a job's line in the width of the terminal: the end of a path tells more than its beginning.

    Args:
        instead: what is printed where the end does not fit; empty for a part of the end.
    """
    price = "" if coins is None else f"{amount(coins)} coins"
    cells = [padded(shown(name), 16), padded(workflow, 14), *([padded(price, 9)] if word == "done" else [])]
    line = "  ".join(cells)
    room = columns() - _FIRST - 2 - width_of(line) - 2 - 1
    end = cut(instead if instead and width_of(end) > room else end, room, keep_end=word == "done")
    write_line(sys.stdout, f"{colored(f'{word:{_FIRST}}', word, sys.stdout)}  {line}  {end}")
