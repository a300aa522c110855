"""Replies that are odd although the work was done: other places of the id, other codes, pages for media."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs

from a2e_async.sandbox.replies import JSON, Reply, encode

__all__ = ["ODD", "error_page", "make_odd"]

# Where a start's reply may have the id, besides ``data._id``: members of the reply for one id.
_PLACES: tuple[Callable[[str], dict[str, Any]], ...] = (
    lambda identity: {"data": {"id": identity}},
    lambda identity: {"data": {"taskId": identity}},
    lambda identity: {"data": {"task_id": identity}},
    lambda identity: {"data": {"task": {"_id": identity}}},
    lambda identity: {"data": {"0": {"_id": identity}}},
    lambda identity: {"data": [{"taskId": identity}]},
    lambda identity: {"data": [identity]},
    lambda identity: {"_id": identity, "data": {}},
    lambda identity: {"id": identity, "data": None},
    lambda identity: {"task_id": identity},
)

_PAGES = (
    b"<!DOCTYPE html><html><head><title>Link expired</title></head><body>Link expired</body></html>",
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>',
    b'{"error":"The file is not available"}',
)


def error_page(turn: int) -> Reply:
    """An error page that claims to be a picture or a clip."""
    kind = b"image/png" if turn % 2 else b"video/mp4"
    return Reply(200, _PAGES[turn % len(_PAGES)], kind)


def _without_id(_reply: Reply, _turn: int) -> Reply:
    return _as_json({"code": 0, "message": "Task created successfully", "data": {}})


def _empty(_reply: Reply, _turn: int) -> Reply:
    return Reply(200, b"")


def _id_as_data(reply: Reply, _turn: int) -> Reply:
    identities = _ids(reply)
    return _as_json({"code": 0, "data": identities[0] if len(identities) == 1 else identities})


def _id_elsewhere(reply: Reply, turn: int) -> Reply:
    identities = _ids(reply)
    if len(identities) > 1:
        return _as_json({"code": 0, "data": [{"taskId": identity} for identity in identities]})
    return _as_json({"code": 0, **_PLACES[turn % len(_PLACES)](identities[0])})


def _code_200(reply: Reply, _turn: int) -> Reply:
    raw = json.loads(reply.body)
    if raw.get("code") != 0:
        return reply  # the replies that say ``success`` have no code
    return attrs.evolve(reply, body=encode({**raw, "code": 200}).encode())


ODD: dict[str, Callable[[Reply, int], Reply]] = {
    "no_id": _without_id,
    "data_is_id": _id_as_data,
    "id_elsewhere": _id_elsewhere,
    "code_200": _code_200,
    "empty_200": _empty,
}
"""The kinds of faults that change a good reply."""


def make_odd(kind: str, reply: Reply, turn: int) -> Reply:
    """Change a reply as a kind of `ODD` says. Replies that refuse, and streams, stay as they are.

    Args:
        kind: the kind of the fault.
        reply: the reply of the work.
        turn: a number that grows; it chooses between the forms of a kind.
    """
    return ODD[kind](reply, turn) if _is_good(reply) else reply


def _is_good(reply: Reply) -> bool:
    if reply.status != 200 or reply.chunks is not None or reply.content_type != JSON:
        return False
    raw = json.loads(reply.body)
    return raw.get("code", 0) == 0 and raw.get("success", True) is True and raw.get("data") is not None


def _ids(reply: Reply) -> list[str]:
    """The ids of the tasks in a start's reply."""
    data = json.loads(reply.body)["data"]
    return [str(record["_id"]) for record in (data if isinstance(data, list) else [data])]


def _as_json(raw: dict[str, Any]) -> Reply:
    return Reply(200, encode(raw).encode())
