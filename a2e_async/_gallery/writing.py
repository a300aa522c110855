"""Write a gallery: outcomes are noted as they come, and the page is written from these notes."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import AsyncIterable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import attrs

from a2e_async._files.open_files import disk_problem
from a2e_async._gallery.facts import Facts, facts_of
from a2e_async._gallery.page import Head, Page
from a2e_async._spec.local_paths import local_path, path_text
from a2e_async.errors import InvalidArgument
from a2e_async.task_groups import in_thread

__all__ = ["Gallery", "gallery"]

logger = logging.getLogger("a2e_async")

_IN_MEMORY = 4 << 20  # bytes of notes; more go to a temporary file
_FIRST_PAUSE, _PAUSE = 5.0, 30.0  # seconds until a page is written that is not the last
_SHARE = 0.05  # of the time may be spent on writing such pages


@attrs.frozen
class _Note:
    """Where the facts of an Outcome are, and what of them is counted.

    Attributes:
        index: its place on the page.
        offset, size: where its facts are in the notes.
        good: whether there is a result and no error.
        coins: the coins charged; None if nobody knows.
        workflow: the name of its workflow.
        remote: whether its files are only linked to.
        links: whether the page loads anything from the web for it.
    """

    index: int
    offset: int
    size: int
    good: bool
    coins: float | None
    workflow: str
    remote: bool
    links: bool


class Gallery:
    """A page about outcomes, which may come one by one. Of each, only a small note stays in memory.

    Args:
        path: the page, or its folder.
        title: the page's title; by default after its folder.
        missed: the outcomes that came before.
        repeats: whether a job may come again, and its last Outcome counts.

    Raises:
        InvalidArgument: nothing can be written there, or another page is there.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        missed: int = 0,
        repeats: bool = False,
    ) -> None:
        self.path = _checked_path(path)
        self._title = title or f"Results in {self.path.parent.name or self.path.parent}"
        self._missed = missed
        self._repeats = repeats
        self._notes: dict[str | int, _Note] = {}
        self._file = cast(IO[bytes], tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - `close` closes it
        self._end = 0
        self._at_file = threading.Lock()
        self._saving = threading.Lock()
        self._next = time.monotonic() + _FIRST_PAUSE
        self._is_broken = False

    def add(self, outcome: Any) -> None:
        """Note an Outcome. It never fails: a run goes on."""
        try:
            self._add(facts_of(outcome))
        except Exception as error:  # of any class, for it is no reason to end a run
            self._warn(error)

        if time.monotonic() >= self._next:
            self._next = float("inf")
            threading.Thread(target=self._save_meanwhile, name="a2e_async gallery", daemon=True).start()

    def _add(self, facts: Facts) -> None:
        line = json.dumps(facts).encode()
        media = [*facts["inputs"], *facts["outputs"]]

        with self._at_file:
            note = _Note(
                facts["index"],
                self._end,
                len(line),
                facts["has_result"] and not facts["error"],
                facts["coins"],
                facts["workflow"],
                any("url" in medium for medium in facts["outputs"]),
                any("url" in medium for medium in media),
            )

            self._file.seek(self._end)
            self._file.write(line)
            self._end += len(line)
            self._notes[(self._repeats and facts["key"]) or self._end] = note

    def save(self, *, is_last: bool = True) -> None:
        """Write the page, whole or not at all. Blocks.

        Raises:
            OSError: it cannot be written.
        """
        with self._saving:
            with self._at_file:
                notes = sorted(self._notes.values(), key=lambda note: (note.index, note.offset))

            part = tempfile.NamedTemporaryFile(  # noqa: SIM115 - the block below closes it
                "w",
                encoding="utf-8",
                errors="replace",
                newline="\n",
                dir=self.path.parent,
                prefix=f".{self.path.stem}.",
                suffix=".part",
                delete=False,
            )
            try:
                with part:
                    part.writelines(
                        Page(str(self.path.parent)).pieces(self._head(notes, is_last), self._facts(notes))
                    )
                _open_to_readers(part.name)
                os.replace(part.name, self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(part.name)
                raise

    def close(self) -> None:
        """Forget the notes."""
        with self._saving, self._at_file:
            self._file.close()

    def save_and_close(self) -> None:
        """Write the page for the last time. Blocks. If it cannot be written, that is logged."""
        self._next = float("inf")
        try:
            self.save()
        except Exception as error:  # of any class: the run that it is about has succeeded
            self._is_broken = False
            self._warn(error)
        self.close()

    def _save_meanwhile(self) -> None:
        began = time.monotonic()
        try:
            self.save(is_last=False)
        except Exception as error:  # of any class, in a thread of its own
            self._warn(error)
        now = time.monotonic()
        self._next = now + max(_PAUSE, (now - began) / _SHARE)

    def _facts(self, notes: Iterable[_Note]) -> Iterator[Facts]:
        for note in notes:
            with self._at_file:
                self._file.seek(note.offset)
                line = self._file.read(note.size)
            yield cast(Facts, json.loads(line))

    def _head(self, notes: list[_Note], is_last: bool) -> Head:
        coins = [note.coins for note in notes if note.coins is not None]
        good = sum(note.good for note in notes)

        return Head(
            title=self._title,
            done=good,
            failed=len(notes) - good,
            coins=sum(coins) if coins else None,
            remote=sum(note.remote for note in notes),
            links=any(note.links for note in notes),
            missed=self._missed,
            workflows=sorted({note.workflow for note in notes}),
            date=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            is_last=is_last,
        )

    def _warn(self, error: Exception) -> None:
        if not self._is_broken:
            self._is_broken = True
            problem = disk_problem(error, self.path, "written") if isinstance(error, OSError) else repr(error)
            logger.warning("gallery: %s", problem)


async def gallery(
    outcomes: Iterable[Any] | AsyncIterable[Any],
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
) -> Path:
    """Write a page that shows outcomes: what each job was given, what it made, and why others failed.

    The page needs no network: what was downloaded is linked to by relative paths, so page and files can be
    moved together. Files that were not downloaded are shown from their links, which expire.

    Args:
        outcomes: Outcomes, such as a list of them; or a bulk run, which is then read to its end.
        path: the page, such as ``out/index.html``, or its folder. An older gallery there is replaced.
        title: the page's title.

    Returns:
        The path of the page.

    Raises:
        InvalidArgument: nothing can be written there, another page is there, or these are no Outcomes.

    Example:
        ```python
        page = await gallery(outcomes, "out/index.html", title="Kites")
        ```
    """
    if not isinstance(outcomes, Iterable | AsyncIterable):
        raise InvalidArgument("outcomes", f"{type(outcomes).__name__} is not an iterable of Outcomes")

    page = Gallery(path, title=title)
    try:
        if isinstance(outcomes, AsyncIterable):
            async for outcome in outcomes:
                page._add(_checked_facts(outcome))
        else:
            for outcome in outcomes:
                page._add(_checked_facts(outcome))
        await in_thread(page.save)
    except OSError as error:
        raise InvalidArgument("path", disk_problem(error, page.path, "written")) from error
    finally:
        page.close()
    return page.path


def _checked_facts(outcome: Any) -> Facts:
    if not all(hasattr(outcome, name) for name in ("job", "index", "paths")):
        raise InvalidArgument("outcomes", f"{type(outcome).__name__} is not an Outcome")
    return facts_of(outcome)


def _checked_path(path: str | os.PathLike[str]) -> Path:
    """The path of the page, in a folder that can be written to."""
    if not isinstance(path, str | os.PathLike) or not str(path) or "://" in str(path):
        raise InvalidArgument("path", f"{path!r} is not the path of a page on this machine")

    page = Path(os.path.abspath(local_path("path", path)))
    if page.is_dir() or not page.suffix:
        page /= "index.html"
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=page.parent):
            pass
        if page.exists() and not _is_gallery(page):
            raise InvalidArgument("path", f"{path_text(page)} is there already, and is no gallery")
    except OSError as error:
        raise InvalidArgument("path", disk_problem(error, page, "written")) from error
    return page


def _is_gallery(page: Path) -> bool:
    with page.open("rb") as file:
        return b'<meta name="generator" content="a2e_async">' in file.read(4096)


def _open_to_readers(name: str) -> None:
    """Give a temporary file, which only its owner may read, the rights of any new file."""
    mask = os.umask(0)
    os.umask(mask)
    with contextlib.suppress(OSError):
        os.chmod(name, 0o666 & ~mask)
