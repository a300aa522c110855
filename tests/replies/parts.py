"""Parts of which cases are made: replies, records, and jobs of a few families."""

from __future__ import annotations

from typing import Any

from tests.replies.player import Case
from tests.replies.service import task_id

__all__ = [
    "BATCH",
    "BULK",
    "DETAIL",
    "DONE",
    "ID",
    "IMAGE",
    "IN",
    "LIST",
    "MADE",
    "OUT",
    "PORTRAIT",
    "RUN",
    "RUNNING",
    "START",
    "VIDEO",
    "case",
    "end",
    "likely",
    "page",
    "reply",
    "rows",
]

START = "POST /userText2Image/start"
BATCH = "POST /userText2Image/batchDetail"
DETAIL = "GET /userText2Image/*"
LIST = "GET /userText2Image/allRecords"

ID = task_id(1)
OUT = "https://3days-apac.example.com/out"
IN = "https://files.example.com/in"
IMAGE, VIDEO, PORTRAIT = f"{OUT}/1.png", f"{OUT}/result.mp4", f"{IN}/portrait.png"

RUN: dict[str, Any] = {"do": "run", "on": "text_to_image", "args": {"prompt": "a red kite over the sea"}}
BULK: dict[str, Any] = {"do": "bulk", "on": "text_to_image", "jobs": 4, "retries": 2}

MADE: dict[str, Any] = {"_id": "@ID", "current_status": "initialized", "coins": 10}
RUNNING: dict[str, Any] = {**MADE, "name": "@NAME", "current_status": "processing", "image_urls": []}
DONE: dict[str, Any] = {**RUNNING, "current_status": "completed", "image_urls": [IMAGE]}
"""The record of a text to image task. Its id is that of the task made last, whatever was asked for."""


def reply(data: Any, code: Any = 0, status: int = 200, **more: Any) -> dict[str, Any]:
    """A JSON reply in the usual envelope."""
    return {"status": status, "json": {"code": code, "data": data, **more}}


def page(status: int, text: str = "", **headers: str) -> dict[str, Any]:
    """A reply that is no JSON."""
    return {
        "status": status,
        "text": text,
        "headers": {key.replace("_", "-"): headers[key] for key in headers},
    }


def rows(*records: dict[str, Any]) -> dict[str, Any]:
    """A list with one page of records."""
    listed = [{**record, "createdAt": "2026-01-15T08:30:00.000Z"} for record in records]
    return reply({"rows": listed, "count": len(listed)})


def case(id: str, request: dict[str, Any], replies: dict[str, Any], **expected: Any) -> Case:
    """A case whose expectations are keywords."""
    return Case(id, request, replies, expected, operation=next(iter(replies)))


def likely(id: str, start: Any, replies: dict[str, Any] | None = None, **expected: Any) -> Case:
    """A run of text to image with an odd start. By default it must be paid once and delivered."""
    given = {START: start, **({BATCH: reply([DONE])} if replies is None else replies)}
    return case(id, RUN, given, **{"starts": 1, **(expected or {"urls": [IMAGE]})})


def end(id: str, record: Any, /, replies: dict[str, Any] | None = None, **expected: Any) -> Case:
    """A run of text to image whose record is odd when it ends."""
    given = {START: reply([MADE]), BATCH: reply([record]), DETAIL: reply(record), **(replies or {})}
    return case(id, RUN, given, **{"starts": 1, **(expected or {"urls": [IMAGE]})})
