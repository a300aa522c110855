"""Ready listeners for `A2E(on_event=…)`: rich for terminals, tqdm for notebooks, and logging."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from a2e_async.client_events import (
    ClientEvent,
    Downloaded,
    Downloading,
    Failed,
    Finished,
    Polled,
    Reconciling,
    Started,
    Starting,
    StatusChanged,
    Uploaded,
    Uploading,
)
from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

__all__ = ["LogListener", "RichListener", "TqdmListener"]


class LogListener:
    """Logs each event as one line: failures at level WARNING, polls and bytes at DEBUG, the rest at INFO.

    The fields of the event are in the record's attribute ``a2e``, for handlers that write JSON.

    Args:
        logger: by default that called ``a2e_async.events``.

    Example:
        ```python
        logging.basicConfig(level=logging.INFO)
        async with A2E(on_event=LogListener()) as a2e:
            ...
        ```
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger("a2e_async.events")

    def __call__(self, event: ClientEvent) -> None:
        """Log the event."""
        level = logging.INFO
        if isinstance(event, Failed):
            level = logging.WARNING
        elif isinstance(event, Polled | Uploading | Downloading):
            level = logging.DEBUG
        if not self._logger.isEnabledFor(level):
            return

        facts = event.to_dict()
        shown = " ".join(
            f"{name}={', '.join(map(str, value)) if isinstance(value, list) else value}"
            for name, value in facts.items()
            if name not in ("kind", "time") and value not in (None, [], False)
        )
        self._logger.log(level, "%s %s", event.kind, shown, extra={"a2e": facts})


class TqdmListener:
    """Counts jobs in a tqdm bar, in a notebook too: ``pip install tqdm``.

    Args:
        total: the number of jobs, if it is known.
        **options: more keywords of `tqdm.auto.tqdm`.

    Raises:
        ConfigurationError: tqdm is not installed.

    Example:
        ```python
        with TqdmListener(total=len(prompts)) as bar:
            async with A2E(on_event=bar) as a2e, a2e.bulk(jobs) as run:
                outcomes = [outcome async for outcome in run]
        ```
    """

    def __init__(self, total: int | None = None, **options: Any) -> None:
        try:
            from tqdm.auto import tqdm  # type: ignore[import-not-found, import-untyped, unused-ignore]
        except ImportError:
            raise ConfigurationError("TqdmListener needs tqdm: pip install tqdm") from None
        self._bar = tqdm(total=total, **{"unit": "job", **options})
        self._running: set[str] = set()
        self._failed = 0
        self._coins = 0.0

    def __call__(self, event: ClientEvent) -> None:
        """Count the event."""
        if isinstance(event, Started):
            self._running.add(event.task_ids[0])
            self._coins += event.coins or 0.0
        elif isinstance(event, Finished):
            self._running.discard(event.task_ids[0])
            self._bar.update(1)
        elif isinstance(event, Failed) and event.workflow is not None:
            self._running.difference_update(event.task_ids)
            self._failed += 1
            self._bar.update(1)
        else:
            return

        shown = {"running": len(self._running), "failed": self._failed, "coins": f"{self._coins:g}"}
        self._bar.set_postfix({name: value for name, value in shown.items() if value not in (0, "0")})

    def close(self) -> None:
        """Draw the bar for the last time."""
        self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class RichListener:
    """Shows what a client does on a terminal, a line for each job and each file: ``pip install rich``.

    The lines are there inside its ``with``, and gone afterwards.

    Args:
        console: where to draw; by default stderr.
        text: what to show while there is nothing else.
        most: the most lines.
        **options: more keywords of `rich.progress.Progress`.

    Raises:
        ConfigurationError: rich is not installed.

    Example:
        ```python
        with RichListener() as lines:
            async with A2E(on_event=lines) as a2e:
                result = await a2e.text_to_image(prompt="a red kite").run()
        ```
    """

    def __init__(
        self, console: Console | None = None, *, text: str = "", most: int = 12, **options: Any
    ) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
            from rich.theme import Theme
        except ImportError:
            raise ConfigurationError("RichListener needs rich: pip install rich") from None

        class Bar(BarColumn):
            """Only where a share is known."""

            def render(self, task: Task) -> Any:
                return super().render(task) if task.total is not None else ""

        # Yellow, as rich has it, can hardly be read on white.
        console = console or Console(stderr=True, theme=Theme({"progress.elapsed": "default"}))
        frames = "dots" if _can_encode(console.encoding, "\u280b") else "line"
        columns = (
            SpinnerColumn(frames),
            TextColumn("{task.description}", markup=False),
            Bar(bar_width=20),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True, **options)
        self._most = most
        self._text = text
        self._lines: dict[object, TaskID] = {}
        if text:
            self._show("text", text)

    def __call__(self, event: ClientEvent) -> None:
        """Show the event."""
        match event:
            case Starting():
                self._show(event.start, f"{event.workflow}: starting")
            case Reconciling():
                self._show(event.start, f"{event.workflow}: answer lost, searching for the task")
            case Started():
                if event.start in self._lines:  # the line goes on, with its time
                    self._lines[event.task_ids[0]] = self._lines.pop(event.start)
                for task_id in event.task_ids:
                    self._show(task_id, f"{event.workflow} {task_id}: accepted")

            case StatusChanged():
                text = f"{event.workflow} {event.task_id}: {event.status or 'running'}"
                self._show(event.task_id, text, event.progress, 100.0)
            case Finished():
                self._remove(*event.task_ids)
            case Failed():
                self._remove(event.start, event.transfer and ("file", event.transfer), *event.task_ids)

            case Uploading():
                text = f"uploading {event.name or 'a file'}"
                self._show(("file", event.transfer), text, event.sent, event.size)
            case Downloading():
                text = f"downloading {event.name}"
                self._show(("file", event.transfer), text, event.received, event.size)
            case Uploaded() | Downloaded():
                self._remove(("file", event.transfer))

            case _:
                pass

    def _show(self, key: object, text: str, done: float | None = None, total: float | None = None) -> None:
        """Show a line, or change it."""
        text = "".join(letter if letter.isprintable() else "?" for letter in text)
        total = total if done is not None else None
        if key not in self._lines and "text" in self._lines:
            self._lines[key] = self._lines.pop("text")
        line = self._lines.get(key)
        if line is not None:
            self._progress.update(line, description=text, completed=done, total=total)
        elif len(self._lines) < self._most:
            self._lines[key] = self._progress.add_task(text, completed=int(done or 0), total=total)

    def _remove(self, *keys: object) -> None:
        """Take lines away; without any, the first text is shown again."""
        for key in keys:
            line = self._lines.pop(key, None)
            if line is not None:
                self._progress.remove_task(line)
        if not self._lines and self._text:
            self._show("text", self._text)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()


def _can_encode(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True
