"""What a gallery says about one Outcome, as plain data. No I/O."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

from a2e_async._files.media_types import HEAD_BYTES, sniff
from a2e_async._files.sizes import size_text
from a2e_async._html.tags import is_web
from a2e_async._spec.field import Field
from a2e_async._spec.media import Upload, is_file
from a2e_async._tasks.outputs import media_of, medium_of_file, medium_of_name, medium_of_url
from a2e_async._transport.redaction import masked
from a2e_async.checks import coins_in

__all__ = ["EMBEDDED_TYPES", "MOST_EMBEDDED", "Facts", "Medium", "facts_of"]

MOST_EMBEDDED = 64 << 10
"""Bytes of a picture that becomes a part of the page."""

EMBEDDED_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_WORDS = ("prompt", "text", "msg", "message", "script", "content")
_LONGEST = 4000  # characters of a prompt
_LONGEST_SETTING = 200
_MOST_MEDIA = 40  # of one job, inputs and outputs each


class Medium(TypedDict, total=False):
    """A picture, a clip or a sound.

    Exactly one of ``path``, ``url`` and ``data`` says where it is; with none of them it is only named.
    """

    name: str
    medium: str
    path: str
    url: str
    data: str


class Facts(TypedDict):
    """What a page says about one Outcome."""

    index: int
    title: str
    key: str | None
    workflow: str
    has_result: bool
    error: str
    prompt: str
    settings: list[tuple[str, str]]
    inputs: list[Medium]
    outputs: list[Medium]
    coins: float | None
    seconds: float
    ids: list[str]
    attempts: int
    replayed: bool


def facts_of(outcome: Any) -> Facts:
    """The facts of an Outcome."""
    body = dict(outcome.job.body)
    fields = {field.wire_name: field for field in outcome.job.operation.body}
    inputs = [each for name, value in body.items() for each in _inputs(name, value, fields.get(name))]
    words = next((name for name in _WORDS if isinstance(body.get(name), str) and body[name]), None)
    result, error = outcome.result, outcome.error

    return {
        "index": outcome.index,
        "title": outcome.job.key or f"job {outcome.index}",  # one that a run derives is no name for people
        "key": outcome.key or outcome.job.key,
        "workflow": outcome.job.workflow.name,
        "has_result": result is not None,
        "error": "" if error is None else masked(f"{type(error).__name__}: {error}"),
        "prompt": body[words][:_LONGEST] if words else "",
        "settings": [
            (name, text)
            for name, value in body.items()
            if name != words and "webhook" not in name and (text := _setting(value, fields.get(name)))
        ],
        "inputs": inputs[:_MOST_MEDIA],
        "outputs": _outputs(outcome)[:_MOST_MEDIA],
        "coins": _coins(outcome),
        "seconds": 0.0 if result is None else result.elapsed,
        "ids": [] if result is None else [str(task_id) for task_id in result.task.ids],
        "attempts": outcome.attempts,
        "replayed": outcome.replayed,
    }


def _coins(outcome: Any) -> float | None:
    """The coins charged for a job, also if its task has failed; None if nobody knows."""
    if outcome.result is not None:
        return cast("float | None", outcome.result.coins)
    record = getattr(outcome.error, "record", None)
    return None if record is None else coins_in([record.raw])


def _inputs(where: str, value: Any, field: Field | None) -> Iterator[Medium]:
    """The media in a value of a body."""
    if is_file(value):
        yield _file(where, value)
    elif isinstance(value, str) and field is not None and field.media:
        yield _address(value, medium_of_name(where))

    elif isinstance(value, Mapping):
        members = {} if field is None else {member.wire_name: member for member in field.fields}
        for name, each in value.items():
            yield from _inputs(f"{where}.{name}", each, members.get(name))

    elif isinstance(value, list | tuple):
        item = None if field is None else field.item
        for each in value:
            yield from _inputs(where, each, item)


def _file(where: str, file: Any) -> Medium:
    if isinstance(file, Upload):
        return _address(file.url, file.content_type.partition("/")[0])
    if isinstance(file, os.PathLike):
        path = os.path.abspath(os.fsdecode(file))
        return {"name": Path(path).name, "medium": medium_of_file(path), "path": path}
    if not isinstance(file, bytes):
        return {"name": f"{where} ({type(file).__name__})"}

    kind = sniff(file[:HEAD_BYTES])
    shown: Medium = {"name": f"{where} ({size_text(len(file))})"}
    if kind is not None and kind.content_type in EMBEDDED_TYPES and len(file) <= MOST_EMBEDDED:
        data = base64.b64encode(file).decode()
        return {**shown, "medium": "image", "data": f"data:{kind.content_type};base64,{data}"}
    return shown


def _address(url: str, medium: str) -> Medium:
    """A URL that the caller gave. One with a query is only named: the query may be a signature."""
    name = masked(url).partition("?")[0]
    shown: Medium = {"name": name.rstrip("/").rpartition("/")[2] or name}
    if not is_web(url) or "?" in url or "@" in url.partition("/")[2]:
        return shown
    return {**shown, "medium": medium_of_url(url) or medium, "url": url}


def _outputs(outcome: Any) -> list[Medium]:
    """The files that were made: where they were saved, else the links to them."""
    local = [path for path in outcome.paths if isinstance(path, os.PathLike)]
    if local:
        paths = [os.path.abspath(os.fsdecode(path)) for path in local]
        return [{"name": Path(path).name, "medium": medium_of_file(path), "path": path} for path in paths]
    if outcome.result is None:
        return []

    urls: Sequence[str] = outcome.result.urls
    names = [str(path) for path in outcome.paths] if len(outcome.paths) == len(urls) else [""] * len(urls)
    media = media_of((record.raw for record in outcome.result.records), urls)
    return [_link(url, name, media[url]) for url, name in zip(urls, names, strict=True)]


def _link(url: str, name: str, medium: str) -> Medium:
    """A file that the service keeps."""
    name = name or masked(url).partition("?")[0].rpartition("/")[2]
    shown: Medium = {"name": name, "medium": medium}
    return {**shown, "url": url} if is_web(url) else shown


def _setting(value: Any, field: Field | None) -> str:
    """A value of a body in words; empty if it is a medium, or holds one."""
    if value is None or any(True for _ in _inputs("", value, field)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError):
            value = type(value).__name__
    text = masked(value)
    return text if len(text) <= _LONGEST_SETTING else f"{text[: _LONGEST_SETTING - 1]}…"
