"""The lines that the commands print: results on stdout, errors on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from a2e_async._bulk.outcomes import Outcome
from a2e_async._transport.redaction import masked
from a2e_async.cli.streams import can_encode, shown, write_line
from a2e_async.errors import ConfigurationError
from a2e_async.records import Record
from a2e_async.settings import Token
from a2e_async.tasks import Result, Task

__all__ = [
    "outcome_facts",
    "print_error",
    "print_json",
    "print_outcome",
    "print_row",
    "result_facts",
    "task_facts",
    "to_plain",
]


def print_row(*cells: object) -> None:
    """Print a line on stdout, its cells separated by tabs."""
    write_line(sys.stdout, "\t".join(shown(cell) for cell in cells))


def print_json(value: Any) -> None:
    """Print a line of JSON on stdout; in ASCII if stdout cannot encode it otherwise."""
    plain = to_plain(value)
    line = json.dumps(plain, ensure_ascii=False, default=str)
    write_line(sys.stdout, line if can_encode(sys.stdout, line) else json.dumps(plain, default=str))


def print_error(text: object) -> None:
    """Print a line on stderr, without secrets. Whether it can be written changes nothing."""
    with suppress(OSError, ValueError):
        write_line(sys.stderr, f"a2e: {shown(masked(str(text), _token()))}")


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


def print_outcome(outcome: Outcome, *, json: bool) -> None:
    """Print the line of one job of a bulk run."""
    facts = outcome_facts(outcome)
    if json:
        print_json(facts)
        return
    name = facts["key"] or facts["index"]
    if facts["error"] is not None:
        print_row("failed", name, facts["workflow"], facts["error"])
    else:
        print_row("done", name, facts["workflow"], facts["id"], *(facts["files"] or facts["urls"]))
