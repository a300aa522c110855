"""What a task's JSON says about its life: has it ended, how, and where are its outputs. No I/O.

Every family has its own words (behaviour: H for most, L where only one client was seen). Words
that are not known never end a task.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from a2e_async.records import task_id_of, task_status_of

__all__ = [
    "created_at",
    "failure_reason",
    "has_failed",
    "is_final",
    "is_moderated",
    "output_urls",
    "tasks_in",
    "urls_in",
]

JSONObject = Mapping[str, Any]

_SUCCEEDED = frozenset(
    {"completed", "complete", "success", "succeeded", "done", "finished", "ready", "trained"}
)
_FAILED = frozenset(
    {"failed", "fail", "failure", "error", "canceled", "cancelled", "rejected", "timeout", "expired"}
)
_REFUSED = re.compile(r"nsfw|nfsw")
_MODERATED = re.compile(r"nsfw|nfsw|moderat|sensitive|minor|policy|prohibited|inappropriate|violat")
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_MADE = frozenset({"result", "results", "output", "outputs", "generated"})
_MEDIA = frozenset(
    [
        "image",
        "images",
        "video",
        "videos",
        "audio",
        "audios",
        "photo",
        "photos",
        "picture",
        "pictures",
        "media",
        "file",
        "files",
    ]
)
_ADDRESS = frozenset({"url", "urls", "uri", "uris", "link", "links"})
_VARIETY = frozenset({"download", "show", "hd", "4k", "1080p", "2k", "full"})
_BESIDE = frozenset(["cover", "poster", "thumb", "thumbnail", "snapshot", "webhook", "callback"])
_REASON_KEYS = ("failed_message", "faild_message", "fail_reason", "failed_reason", "msg", "message", "error")


def is_final(raw: JSONObject) -> bool:
    """Whether the task has ended, well or badly."""
    return _ended_well(task_status_of(raw)) is not None


def has_failed(raw: JSONObject) -> bool:
    """Whether the task has ended without a result."""
    return _ended_well(task_status_of(raw)) is False


@functools.lru_cache(maxsize=256)
def _ended_well(status: str | None) -> bool | None:
    """Whether that status says that the task ended well; None: it has not ended."""
    if status is None:
        return None
    if status in _FAILED or _REFUSED.search(status):
        return False
    return True if status in _SUCCEEDED else None


def is_moderated(raw: JSONObject) -> bool:
    """Whether the task failed for what it shows; trying again would fail again."""
    return _MODERATED.search(f"{task_status_of(raw)} {failure_reason(raw)}".lower()) is not None


def failure_reason(raw: JSONObject) -> str:
    """Why the task failed, in the service's words; its status where it gives none."""
    for key in _REASON_KEYS:
        value = raw.get(key)
        if isinstance(value, str) and value:
            return value
    return task_status_of(raw) or "no reason given"


def tasks_in(data: Any) -> Sequence[JSONObject]:
    """The tasks that a start made: one object, or a list where one start makes several.

    Objects without an id are no tasks: the service answers so when it refuses without an error (H).
    """
    items = data if isinstance(data, list) else [data]
    if isinstance(data, Mapping) and task_id_of(data) is None:
        wrapped = next((data[key] for key in ("rows", "list", "data", "record") if data.get(key)), None)
        items = wrapped if isinstance(wrapped, list) else [wrapped]
    return [item for item in items if isinstance(item, Mapping) and task_id_of(item)]


def output_urls(
    raw: JSONObject, inputs: Collection[str], sent: Collection[str] = frozenset()
) -> Sequence[str]:
    """The URLs that the task made, in order, each once.

    Fields that call themselves a result are believed first. Only where none of them holds anything,
    the family's output is taken to be in one named after a medium (``image_urls``, ``video_url``).

    Args:
        raw: the record.
        inputs: names of the fields that the family's start takes; records echo them, and an echoed
            input is no output.
        sent: URLs that the start was given in other fields.
    """
    given = {*sent, *(url for key in inputs if key in raw for url in urls_in(raw[key]))}
    kinds: dict[str, list[str]] = {"result": [], "preview": [], "media": []}
    for key, value in raw.items():
        kind = None if key in inputs else _kind_of_output(key)
        if kind is not None:
            kinds[kind].extend(url for url in _outputs_in(value) if url not in given)
    return tuple(dict.fromkeys(next((urls for urls in kinds.values() if urls), ())))


def _kind_of_output(key: str) -> str | None:
    """What a field of that name may hold: a result, a preview of one, media that may be one, or nothing."""
    words = {word.lower() for word in _WORDS.findall(key)}
    if words & _BESIDE:
        return None
    if words & _MADE:
        return "preview" if "preview" in words else "result"
    named_after_media = words <= _MEDIA | _ADDRESS | _VARIETY and bool(words & (_MEDIA | _ADDRESS))
    return "media" if named_after_media else None


def created_at(raw: JSONObject) -> float | None:
    """When the service made the record, in seconds since the epoch; None if it does not say."""
    value = raw.get("createdAt")
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def urls_in(value: Any) -> Iterator[str]:
    """Every URL in a value."""
    if isinstance(value, str):
        if value.startswith(("https://", "http://")):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from urls_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from urls_in(item)


def _outputs_in(value: Any) -> Iterator[str]:
    """The URLs in the value of an output field; of an object, those under names that outputs have."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _kind_of_output(key) is not None:
                yield from _outputs_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _outputs_in(item)
    else:
        yield from urls_in(value)
