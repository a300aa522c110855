"""Progress on a terminal. Nothing is drawn if stderr is not a terminal or rich is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from a2e_async.cli.streams import is_terminal, shown

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from a2e_async.announcer import Listener
    from a2e_async.client_events import ClientEvent

__all__ = ["Bars", "bars", "listener", "spinner"]


class Bars:
    """Progress bars on stderr, one for each name.

    Args:
        progress: the display of all bars.
        totals: the number of jobs of each bar, by its name.
    """

    def __init__(self, progress: Progress, totals: Mapping[str, int]) -> None:
        self._progress = progress
        self._failed = dict.fromkeys(totals, 0)
        self._running: dict[str, set[str]] = {name: set() for name in totals}
        self._tasks: dict[str, TaskID] = {
            name: progress.add_task(name, total=total, failed="") for name, total in totals.items()
        }

    def advance(self, name: str = "", *, failed: bool) -> None:
        """Count one job of a bar as ended."""
        self._failed[name] += failed
        self._progress.update(self._tasks[name], advance=1, failed=self._counts(name))

    def note(self, event: ClientEvent) -> None:
        """Count the tasks that are running."""
        workflow = getattr(event, "workflow", None)
        name = workflow if workflow in self._running else ""
        if workflow is None or name not in self._running:
            return

        before = len(self._running[name])
        if event.kind == "started":
            self._running[name].update(getattr(event, "task_ids", ()))
        elif event.kind in ("finished", "failed"):
            self._running[name].difference_update(getattr(event, "task_ids", ()))
        if len(self._running[name]) != before:
            self._progress.update(self._tasks[name], failed=self._counts(name))

    def _counts(self, name: str) -> str:
        counts = {"running": len(self._running[name]), "failed": self._failed[name]}
        return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


@contextmanager
def bars(totals: Mapping[str, int]) -> Iterator[Bars | None]:
    """Draw progress bars while the block runs. Gives None if nothing can be drawn.

    Args:
        totals: the number of jobs of each bar, by its name. The name of a single bar may be empty.
    """
    if not _can_draw():
        yield None
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        *([TextColumn("{task.description}")] if any(totals) else []),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[failed]}"),
    )
    # If stdout is a terminal too, its lines must go through rich, which prints them above the bars. Lines for
    # a file or a pipe must stay on stdout.
    redirect = is_terminal(sys.stdout)
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=redirect) as progress:
        drawn = Bars(progress, totals)
        with _told(drawn.note):
            yield drawn


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Draw a spinner while the block runs: with what the client does, or a text while there is nothing."""
    if not _can_draw():
        yield
        return

    from a2e_async.listeners import RichListener

    redirect = is_terminal(sys.stdout)
    with RichListener(text=shown(text), redirect_stdout=redirect) as listener, _told(listener):
        yield


def show_event(event: ClientEvent) -> None:
    """Show what the client does, in the bars or the spinner that are drawn."""
    for listener in _listeners:
        listener(event)


_listeners: list[Listener] = []


@contextmanager
def _told(listener: Listener) -> Iterator[None]:
    """Tell events to what is drawn while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def listener() -> Listener | None:
    """The listener for the client; None if nothing can be drawn."""
    return show_event if _can_draw() else None


def _can_draw() -> bool:
    if not is_terminal(sys.stderr):
        return False
    try:
        import rich.console  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True
