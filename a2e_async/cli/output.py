"""What the commands print: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from a2e_async._bulk.outcomes import Outcome
from a2e_async.jobs import Result, Task
from a2e_async.records import Record

__all__ = [
    "Bar",
    "error_line",
    "outcome_facts",
    "plain",
    "printable",
    "progress",
    "say",
    "say_json",
    "status",
]


def printable(text: object) -> str:
    """One line without anything that steers a terminal: some of it comes from the service."""
    return " ".join("".join(one if one.isprintable() else " " for one in str(text)).split())


def say(*cells: object) -> None:
    """A line on stdout, its cells separated by tabs."""
    sys.stdout.write("\t".join(printable(cell) for cell in cells) + "\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """A line of JSON on stdout."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def error_line(text: object) -> None:
    """A line on stderr."""
    sys.stderr.write(f"a2e: {printable(text)}\n")
    sys.stderr.flush()


def plain(value: Any) -> Any:
    """The value as JSON can say it."""
    if isinstance(value, Record):
        return plain(value.raw)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if attrs.has(type(value)):
        return plain(attrs.asdict(value, recurse=False))
    return value


def task_facts(task: Task[Any]) -> dict[str, Any]:
    """What is known of a task that was accepted."""
    return {"workflow": task.workflow.name, "id": task.id, "ids": list(task.ids), "coins": task.coins}


def result_facts(result: Result[Any], paths: Sequence[Path]) -> dict[str, Any]:
    """What is known of a finished task."""
    return {
        **task_facts(result.task),
        "coins": result.coins,
        "elapsed": round(result.elapsed, 3),
        "urls": list(result.urls),
        "files": paths,
        "record": result.record,
    }


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """What became of one job of a bulk run."""
    result = outcome.result
    return {
        "index": outcome.index,
        "key": outcome.key,
        "workflow": outcome.job.workflow.name,
        "ok": outcome.error is None,
        "id": result.task.id if result else None,
        "coins": result.coins if result else None,
        "urls": list(result.urls) if result else [],
        "files": outcome.paths,
        "error": None if outcome.error is None else f"{type(outcome.error).__name__}: {outcome.error}",
        "attempts": outcome.attempts,
        "replayed": outcome.replayed,
    }


@contextmanager
def status(text: str) -> Iterator[None]:
    """A spinner while something takes its time, if stderr is a terminal and rich is installed."""
    if sys.stderr.isatty():
        try:
            from rich.console import Console
        except ImportError:
            pass
        else:
            with Console(stderr=True).status(printable(text)):
                yield
            return
    yield


class Bar:
    """Counts what is done; draws nothing."""

    def advance(self, *, failed: bool) -> None:
        """One more is done."""


class _RichBar(Bar):
    """A progress bar on stderr."""

    def __init__(self, progress: Any, task: Any) -> None:
        self._progress, self._task, self._failed = progress, task, 0

    def advance(self, *, failed: bool) -> None:
        self._failed += failed
        self._progress.update(
            self._task, advance=1, description=f"{self._failed} failed" if self._failed else ""
        )


@contextmanager
def progress(total: int) -> Iterator[Bar]:
    """A bar for so many jobs, if stderr is a terminal and rich is installed."""
    if sys.stderr.isatty():
        try:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        except ImportError:
            pass
        else:
            columns = (
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
            )
            # Lines for a terminal are put above the bar; those for a file or a pipe must stay on stdout.
            both = sys.stdout.isatty()
            with Progress(*columns, console=Console(stderr=True), redirect_stdout=both) as drawn:
                yield _RichBar(drawn, drawn.add_task("", total=total))
            return
    yield Bar()
