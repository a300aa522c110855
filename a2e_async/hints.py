"""Errors of the first day say what was meant: a forgotten ``await``, one too many, a name of another library.

Nothing here changes what an object can do. Type checkers do not see it, and ``hasattr`` answers as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["Hinted", "NoBlock", "NotAwaited", "NotIterated", "NotWith"]

T = TypeVar("T")

_TO_WAIT = "await task.wait()"
_TO_RUN = "await job.run()"
_TO_LIST = "async for record in ...list(), or await ...list().first(10)"
_TO_BULK = "async with a2e.bulk(jobs) as run, and in it async for outcome in run"
_TO_STREAM = "async with result.stream() as file, and in it async for chunk in file; or await result.read()"
_TO_ENTER = "async with A2E() as a2e; without async, from a2e_async.sync import A2E"

# What to write instead of ``await value``, by the name of its class.
_INSTEAD: Mapping[str, str] = {
    "Job": _TO_RUN,
    "Task": _TO_WAIT,
    "Result": "it is there already",
    "Pages": _TO_LIST,
    "TaskUpdates": "async for record in task.updates()",
    "FileStream": _TO_STREAM,
    "Run": _TO_BULK,
    "OpenRun": "async with a2e.bulk() as run, and in it await run.result(job)",
    "A2E": _TO_ENTER,
}


def _all(names: str, hint: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), hint)


# What to say of attributes that there are not.
_MEANT: Mapping[str, Mapping[str, str]] = {
    "Job": {
        **_all("result urls url output outputs download read stream", f"result = {_TO_RUN}"),
        **_all("id ids record coins status wait refresh updates", "task = await job.start()"),
        **_all("submit create generate execute send", f"{_TO_RUN}, or task = await job.start()"),
    },
    "Task": {
        **_all("urls url output outputs download read stream files", f"result = {_TO_WAIT}"),
        **_all("status state", "task.record.status, after await task.refresh()"),
        **_all("run start", f"it has been started: {_TO_WAIT}"),
        **_all("cancel stop abort", "the API cannot stop a task; some can be deleted, await task.delete()"),
        **_all("poll get update", "await task.refresh()"),
        **_all("join get_result", _TO_WAIT),
    },
    "Result": {
        **_all("url output file video image audio video_url image_url audio_url", "result.urls[0]"),
        **_all("outputs files images videos", "result.urls"),
        **_all("id task_id", "result.task.id"),
        **_all("path paths save save_to write", "paths = await result.download(folder)"),
        **_all("content bytes data body", "await result.read()"),
        **_all("wait run start", "it is there already"),
        **_all("cost price credits", "result.coins"),
        **_all("job", "a Result knows its task: result.task"),
    },
    "Outcome": {
        **_all("urls url download read stream record coins task", "outcome.result has it, if there is one"),
        **_all("path file files", "outcome.paths"),
        **_all("exception reason", "outcome.error"),
    },
    "Workflow": {
        **_all(
            "run start create generate submit subscribe queue invoke execute predict",
            "call it with its keywords to make a Job, and then await job.run()",
        ),
        **_all("wait result status", "await a2e.{name}.task(id).wait()"),
    },
    "Pages": {
        **_all("data items records results", _TO_LIST),
        **_all("next all to_list", f"{_TO_LIST}; all at once: [record async for record in ...list()]"),
    },
    "A2E": {
        **_all("run generate create submit subscribe", "make a Job, a2e.text_to_image(...): await job.run()"),
        **_all("close", "await a2e.aclose()"),
        **_all("images image", "a2e.text_to_image, among others"),
        **_all("videos video", "a2e.image_to_video, among others"),
        **_all("audio speech", "a2e.tts.send_tts, among others"),
    },
}


class Hinted:
    """Answers a missing attribute with what was probably meant."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # A property whose getter has failed comes here too: its own error is raised again.
            is_known = name.startswith("_") or hasattr(type(self), name)
            hint = None if is_known else self._hint(name)
            if hint is None:
                return object.__getattribute__(self, name)
            raise AttributeError(f"{_a(self)} has no {name!r}: {hint}")

    def _hint(self, name: str) -> str | None:
        """What was meant by a name; None if nobody knows."""
        return next((hints[name] for hints in _known(self, _MEANT) if name in hints), None)


class NotAwaited:
    """Answers ``await`` with the method that was meant."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __await__(self) -> Any:
            raise TypeError(f"{_a(self)} is not awaited: {_instead_of(self)}")


class NoBlock:
    """Answers ``async with`` with the method that was meant."""

    __slots__ = ()

    if not TYPE_CHECKING:

        async def __aenter__(self) -> Any:
            raise TypeError(f"{_a(self)} is not entered with `async with`: {_instead_of(self)}")

        async def __aexit__(self, *error: object) -> None:
            pass


class NotWith:
    """Answers ``with`` where only ``async with`` can do it."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __enter__(self) -> Any:
            raise TypeError(f"{_a(self)} is not entered with `with`: {_instead_of(self)}")

        def __exit__(self, *error: object) -> None:
            pass


class NotIterated:
    """Answers ``for`` and ``[0]`` where only ``async for`` can do it."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __iter__(self) -> Any:
            raise TypeError(f"{_a(self)} is not read with `for`: {_instead_of(self)}")

        def __getitem__(self, index: object) -> Any:
            raise TypeError(f"{_a(self)} has no element {index!r}: {_instead_of(self)}")


def _known(value: object, table: Mapping[str, T]) -> Iterable[T]:
    return (table[kind.__name__] for kind in type(value).__mro__ if kind.__name__ in table)


def _instead_of(value: object) -> str:
    return next(iter(_known(value, _INSTEAD)), "")


def _a(value: object) -> str:
    name = type(value).__name__
    if name == "Pages":
        return "a list"
    return f"a{'n' if name[0] in 'AEIO' else ''} {name}"
