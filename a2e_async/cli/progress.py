"""Progress on a terminal. Nothing is drawn if stderr is not a terminal or rich is not installed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from a2e_async.cli.layout import amount, is_dumb
from a2e_async.cli.streams import is_terminal, shown

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

    from a2e_async.announcer import Listener
    from a2e_async.client_events import ClientEvent

__all__ = ["JobsBar", "jobs_bar", "show_event", "spinner", "under_way"]

_WIDE = 100  # columns, from which on the bar is long


class JobsBar:
    """A progress bar on stderr for many jobs.

    Args:
        progress: the display of the bar.
        total: the number of jobs.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._ended = 0
        self._failed = 0
        self._coins = 0.0
        self._running: set[str] = set()
        self._began = time.monotonic()
        self._task = progress.add_task("", total=total, counts="")

    def stop(self) -> None:
        """Draw no more, and leave nothing behind."""
        self._progress.live.transient = True
        self._progress.stop()

    def advance(self, *, failed: bool) -> None:
        """Count one job as ended."""
        self._ended += 1
        self._failed += failed
        self._progress.update(self._task, advance=1, counts=self._counts())

    def note(self, event: ClientEvent) -> None:
        """Count the tasks that are running, and their coins."""
        if not _follow(event, self._running):
            return
        if event.kind == "started":
            self._coins += getattr(event, "coins", None) or 0
        self._progress.update(self._task, counts=self._counts())

    def _counts(self) -> str:
        counts = {"running": len(self._running), "failed": self._failed}
        texts = [f"{count} {word}" for word, count in counts.items() if count]
        if self._coins:
            texts.append(f"{amount(self._coins)} coins")
        seconds = time.monotonic() - self._began
        if self._ended and seconds > 1:
            texts.append(_rate(self._ended / seconds))
        return ", ".join(texts)


def _follow(event: ClientEvent, running: set[str]) -> bool:
    """Keep the ids of the tasks that are running. Returns whether the event is about their start or end."""
    if event.kind == "started":
        running.update(getattr(event, "task_ids", ()))
    elif event.kind in ("finished", "failed") and not getattr(event, "goes_on", False):
        running.difference_update(getattr(event, "task_ids", ()))
    else:
        return False
    return True


def _rate(per_second: float) -> str:
    """How many jobs end, in a unit that gives readable numbers."""
    number, unit = (per_second, "s") if per_second >= 1 else (per_second * 60, "min")
    return f"{number:.{0 if number >= 10 else 1}f}/{unit}"


@contextmanager
def jobs_bar(total: int) -> Iterator[JobsBar | None]:
    """Draw a progress bar while the block runs. Gives None if nothing can be drawn.

    It shows how many jobs have ended, the time so far, the time left, how many tasks are running, how many
    jobs have failed, the coins, and the rate.

    Args:
        total: the number of jobs.
    """
    if not _can_draw():
        yield None
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column
    from rich.theme import Theme

    # Yellow and cyan, as rich has them, can hardly be read on white.
    looks = {"progress.elapsed": "default", "progress.remaining": "default", "bar.complete": "green"}
    console = Console(stderr=True, theme=Theme(looks))
    drawn_columns = (
        BarColumn(bar_width=6 if console.width < _WIDE else 40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        _time_left(),
        TextColumn("{task.fields[counts]}", markup=False, table_column=Column(no_wrap=True)),
    )
    # If stdout is a terminal too, its lines must go through rich, which prints them above the bar. Lines for
    # a file or a pipe must stay on stdout.
    redirect = is_terminal(sys.stdout)
    with Progress(*drawn_columns, console=console, redirect_stdout=redirect) as progress:
        drawn = JobsBar(progress, total)
        with _listening(drawn.note):
            yield drawn


def _time_left() -> ProgressColumn:
    """The column of the time left. It takes no room while that is unknown."""
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class TimeLeft(ProgressColumn):
        max_refresh = 0.5

        def render(self, task: Task) -> Text:
            left = task.time_remaining
            if left is None or task.finished:
                return Text("")
            minutes, seconds = divmod(int(left), 60)
            hours, minutes = divmod(minutes, 60)
            return Text(f"{hours}:{minutes:02}:{seconds:02} left", style="progress.remaining")

    return TimeLeft()


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Draw a spinner while the block runs: with what the client does, or a text while there is nothing."""
    if not _can_draw():
        yield
        return

    from a2e_async.listeners import RichListener

    redirect = is_terminal(sys.stdout)
    with RichListener(text=shown(text), redirect_stdout=redirect) as listener, _listening(listener):
        yield


@contextmanager
def under_way() -> Iterator[set[str]]:
    """Give the ids of the tasks that are under way: those that are started while the block runs."""
    running: set[str] = set()
    with _listening(lambda event: _follow(event, running)):
        yield running


def show_event(event: ClientEvent) -> None:
    """Show what the client does, in the bar or the spinner that is drawn. The listener for the client."""
    for listener in _listeners:
        listener(event)


_listeners: list[Listener] = []


@contextmanager
def _listening(listener: Listener) -> Iterator[None]:
    """Pass events on to a listener while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _can_draw() -> bool:
    if not is_terminal(sys.stderr) or is_dumb():
        return False
    try:
        import rich.console  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True
