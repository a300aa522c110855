"""Starts: where the id is, and what a reply without one means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.replies.parts import (
    BATCH,
    BULK,
    DONE,
    ID,
    IMAGE,
    LIST,
    MADE,
    START,
    case,
    likely,
    page,
    reply,
    rows,
)
from tests.replies.player import Case

__all__ = ["starts"]

OTHER = "65f0c0ffee00000000000bad"

IDS: dict[str, Any] = {
    "id": {"id": ID},
    "task-id": {"task_id": ID},
    "task-id-camel": {"taskId": ID},
    "task-object": {"task": {"_id": ID}},
    "task-object-id": {"task": {"id": ID, "status": "initialized"}},
    "numbered-object": {"0": {"_id": ID}},
    "rows": {"rows": [{"_id": ID}]},
    "list-of-ids": [ID],
    "list-of-task-ids": [{"taskId": ID}],
    "nested-data": {"data": {"_id": ID}},
    "beside-other-ids": {"user_id": OTHER, "request_id": OTHER, "_id": ID},
    "record-named-task": {"task": {"_id": ID, "name": "@NAME", "coins": 10}, "balance": 990},
}
"""The ``data`` of a start's reply."""

TOPS: dict[str, dict[str, Any]] = {
    "_id": {"_id": ID, "data": {}},
    "id": {"id": ID, "data": None},
    "task_id": {"task_id": ID},
    "taskId": {"taskId": ID, "data": []},
    "task": {"task": {"_id": ID}, "data": {}},
}
"""The members beside ``code`` of a start's reply."""

ENVELOPES: dict[str, Any] = {
    "code-text": {"code": "0", "data": MADE},
    "code-200-text": {"code": "200", "data": [MADE]},
    "code-200-list": {"code": 200, "msg": "ok", "data": [MADE]},
    "code-201": {"code": 201, "message": "Created", "data": MADE},
    "no-code": {"data": MADE},
    "success": {"success": True, "data": MADE, "timestamp": "2026-01-15T08:30:00.000Z"},
    "bare-record": MADE,
    "bare-list": [MADE],
    "failure-text-empty": {"code": 0, "data": {**MADE, "failed_message": "", "failed_code": ""}},
    "message-beside": {"code": 0, "message": "Task created successfully", "data": MADE},
}
"""Whole replies of a start that made a task."""

SILENT: dict[str, Any] = {
    "null": reply(None),
    "list": reply([]),
    "message": {"json": {"code": 0, "message": "success"}},
    "success": {"json": {"success": True}},
    "code-200": {"json": {"code": 200, "message": "ok"}},
    "object": {"json": {}},
    "json-null": {"json": None},
    "text-in-data": reply("Task created successfully"),
    "trace-id-only": {"json": {"code": 0, "data": {}, "trace_id": "0e4d2bc3-d9cb-469f-a165-3c2a5ce0a5a1"}},
    "other-ids-only": reply({"user_id": OTHER, "request_id": OTHER}),
    "204": page(204),
    "202-empty": page(202),
    "html": page(200, "<html><body>Please wait</body></html>"),
    "half-json": page(200, '{"code":0,"data":[{"_id":"65f0', content_type="application/json"),
}
"""Replies that name no task and refuse nothing."""

UNKNOWN: dict[str, Any] = {
    "408-html": page(408, "<html><body>Request Timeout</body></html>"),
    "408-json": reply(None, 408, 408, message="Request Timeout"),
    "425-html": page(425, "<html><body>Too Early</body></html>"),
    "499-html": page(499, "<html><body>client closed request</body></html>"),
    "500-html": page(500, "<html><body>Internal Server Error</body></html>"),
    "502-json": reply(None, 502, 502, message="Bad Gateway"),
    "503-maintenance": page(503, "<html><body>Down for maintenance</body></html>", retry_after="3600"),
    "520-html": page(520, "<html><body>Web server is returning an unknown error</body></html>"),
    "524-html": page(524, "<html><body>A timeout occurred</body></html>"),
    "read-error": {"lost": "read"},
    "timeout": {"lost": "timeout"},
}
"""Answers after which nobody knows whether the task was made."""

REFUSALS = {
    "nsfw": "NSFW content detected",
    "copyright": "The request was blocked due to copyright restrictions",
    "likeness": "Real person likeness is not allowed",
    "celebrity": "Celebrity faces cannot be used",
    "public-figure": "The input image may contain a public figure",
    "moderation": "Your prompt was rejected by our moderation system",
    "zh-porn": "检测到色情内容",
    "zh-sensitive": "输入内容包含敏感信息",
    "zh-violation": "图片违规，请更换图片",  # noqa: RUF001
    "zh-copyright": "输入图片可能涉及版权限制内容",
    "zh-portrait": "输入图片可能涉及肖像权",
    "zh-celebrity": "禁止使用名人或公众人物形象",
}
"""Words that say why nothing was made, and that asking again is of no use."""


def starts() -> Iterator[Case]:
    """Cases of starts."""
    for name, data in IDS.items():
        yield likely(f"start-id-{name}", reply(data))
    for name, top in TOPS.items():
        yield likely(f"start-id-on-top-{name}", {"json": {"code": 0, **top}})
    for name, envelope in ENVELOPES.items():
        yield likely(f"start-envelope-{name}", {"json": envelope})
    yield likely("start-http-201", reply(MADE, status=201))
    yield likely("start-http-202", reply([MADE], status=202))

    listed = {LIST: rows(DONE), BATCH: reply([DONE])}
    for name, answer in {**SILENT, **UNKNOWN}.items():
        yield likely(f"start-found-after-{name}", answer, listed, urls=[IMAGE])
    yield from _nowhere()
    yield from _refusals()
    yield from _asked_to_wait()


def _nowhere() -> Iterator[Case]:
    """The reply names no task, and the list does not show one."""
    empty = {LIST: reply({"rows": [], "count": 0})}
    lost: dict[str, Any] = {"error": ["SubmissionUncertain", "TaskRejected"], "starts": 1}

    for name in ("null", "message", "html", "204"):
        yield likely(f"start-nowhere-after-{name}", SILENT[name], empty, **lost)
    yield likely("start-nowhere-after-408", UNKNOWN["408-html"], empty, error=["SubmissionUncertain"])
    yield likely("start-nowhere-and-no-list", SILENT["null"], {}, **lost)


def _refusals() -> Iterator[Case]:
    """Refused for what the input shows: at the start, and at the end of a task that was paid."""
    failed = {"_id": "@ID", "current_status": "failed", "coins": 10, "image_urls": []}
    for name, words in REFUSALS.items():
        refused: dict[str, Any] = {"error": ["ModerationError", "TaskRejected"], "text_has": [words]}
        yield likely(
            f"refused-at-start-{name}", {"json": {"code": 0, "message": words}}, requests_max=1, **refused
        )
        answers = {
            START: reply([MADE]),
            BATCH: reply({"@each": {**failed, "failed_message": words}}),
        }
        yield case(f"refused-and-paid-{name}", BULK, answers, delivered=0, starts=4, stopped=False)

    data = {"json": {"code": 0, "data": {"failed_message": "NSFW content detected"}}}
    yield likely("refused-in-data", data, error=["ModerationError", "TaskRejected"], text_has=["NSFW"])
    yield likely(
        "refused-in-error",
        {"json": {"code": 0, "error": "NSFW content detected", "data": None}},
        error=["ModerationError", "TaskRejected"],
        text_has=["NSFW"],
    )


def _asked_to_wait() -> Iterator[Case]:
    """Refused for now: the service asks for a pause, which may be absurd."""
    busy = {"status": 429, "json": {"code": 429, "message": "Too many requests"}}
    pauses = {
        "hour": "3600",
        "negative": "-5",
        "words": "soon",
        "huge": "1e9",
        "year": str(366 * 86400),
        "until-2099": "Wed, 21 Oct 2099 07:28:00 GMT",
    }

    for name, value in pauses.items():
        answer = [{**busy, "headers": {"retry-after": value}}, reply([MADE])]
        yield likely(f"start-429-{name}", answer, urls=[IMAGE], starts=2)
    yield likely(
        "start-429-html", [page(429, "<html>slow down</html>"), reply([MADE])], urls=[IMAGE], starts=2
    )
