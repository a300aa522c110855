"""Progress on a terminal. Nothing is drawn if stderr is not a terminal or rich is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from a2e_async.cli.streams import can_encode, is_terminal, shown

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Bars", "bars", "spinner"]


class Bars:
    """Progress bars on stderr, one for each name.

    Args:
        progress: the display of all bars.
        totals: the number of jobs of each bar, by its name.
    """

    def __init__(self, progress: Progress, totals: Mapping[str, int]) -> None:
        self._progress = progress
        self._failed = dict.fromkeys(totals, 0)
        self._tasks: dict[str, TaskID] = {
            name: progress.add_task(name, total=total, failed="") for name, total in totals.items()
        }

    def advance(self, name: str = "", *, failed: bool) -> None:
        """Count one job of a bar as ended."""
        self._failed[name] += failed
        count = self._failed[name]
        self._progress.update(self._tasks[name], advance=1, failed=f"{count} failed" if count else "")


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
        yield Bars(progress, totals)


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Draw a spinner and a text while the block runs."""
    if not _can_draw():
        yield
        return

    from rich.console import Console
    from rich.markup import escape

    frames = "dots" if can_encode(sys.stderr, "\u280b") else "line"
    with Console(stderr=True).status(escape(shown(text)), spinner=frames):
        yield


def _can_draw() -> bool:
    if not is_terminal(sys.stderr):
        return False
    try:
        import rich.console  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True
