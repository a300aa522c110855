"""Reads: routes that are missing or ill, batches in other shapes, and pauses that the service asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.replies.parts import (
    BATCH,
    BULK,
    DETAIL,
    DONE,
    ID,
    IMAGE,
    LIST,
    MADE,
    OUT,
    RUN,
    RUNNING,
    START,
    case,
    page,
    reply,
    rows,
)
from tests.replies.player import Case

__all__ = ["routes"]

GONE: dict[str, Any] = {
    "404-json": reply(None, 404, 404, message="Not Found"),
    "404-html": page(404, "<!DOCTYPE html><pre>Cannot POST</pre>"),
    "405-json": reply(None, 405, 405, message="Method Not Allowed"),
    "405-html": page(405, "<html><body>405 Not Allowed</body></html>"),
    "410": page(410, "<html>Gone</html>"),
    "500-json": reply(None, 500, 500, message="Internal Server Error"),
    "500-html": page(500, "<html><body>Internal Server Error</body></html>"),
    "501": page(501, "<html>Not Implemented</html>"),
    "404-in-200": reply(None, 404, message="Not Found"),
    "html-in-200": page(200, "<!DOCTYPE html><title>A2E</title>"),
    "403-html": page(403, "<html><body>Forbidden</body></html>"),
    "400-json": reply(None, 400, 400, message="Bad Request"),
}
"""Answers of a route that does not work, however often it is asked."""

OTHER = {**DONE, "_id": "65f0c0ffee00000000000bad", "image_urls": [f"{OUT}/other.png"]}

BATCHES: dict[str, Any] = {
    "rows": {"code": 0, "data": {"rows": [DONE]}},
    "list": {"code": 0, "data": {"list": [DONE], "total": 1}},
    "records": {"code": 0, "data": {"records": [DONE]}},
    "data": {"code": 0, "data": {"data": [DONE]}},
    "by-id": {"code": 0, "data": {ID: DONE}},
    "numbered": {"code": 0, "data": {"0": DONE}},
    "object": {"code": 0, "data": DONE},
    "bare-list": [DONE],
    "code-200": {"code": 200, "data": [DONE]},
    "no-code": {"data": [DONE]},
    "success": {"success": True, "data": [DONE]},
    "with-a-null": {"code": 0, "data": [None, DONE]},
    "with-another": {"code": 0, "data": [OTHER, DONE]},
    "id": {"code": 0, "data": [{key: DONE[key] for key in DONE if key != "_id"} | {"id": ID}]},
    "task-id": {"code": 0, "data": [{key: DONE[key] for key in DONE if key != "_id"} | {"taskId": ID}]},
    "task": {"code": 0, "data": [{"task": DONE}]},
    "upper-case-id": {"code": 0, "data": [{**DONE, "_id": ID.upper()}]},
}
"""Replies of batchDetail that hold the record of a task that is done."""

PAUSES: dict[str, Any] = {
    "429-hour": {"status": 429, "json": {"code": 429}, "headers": {"retry-after": "3600"}},
    "429-in-200": {"json": {"code": 429, "message": "Too many requests"}},
    "503-maintenance": page(503, "<html>Down for maintenance</html>", retry_after="86400"),
    "503-json": reply(None, 503, 503, message="maintenance"),
    "html-200": page(200, "<html>We will be right back</html>"),
    "empty-200": page(200),
    "null": reply(None),
    "500": reply(None, 500, 500, message="Internal Server Error"),
    "lost": {"lost": "read"},
    "unreachable": {"lost": "connect"},
}
"""Answers of a read that works again a little later."""


def routes() -> Iterator[Case]:
    """Cases of reads."""
    begun: dict[str, Any] = {START: reply([MADE])}
    for name, gone in GONE.items():
        by_detail = {**begun, BATCH: gone, DETAIL: reply(DONE)}
        yield case(f"batch-gone-{name}", RUN, by_detail, urls=[IMAGE], starts=1)
        by_list = {**begun, BATCH: gone, DETAIL: gone, LIST: rows(DONE)}
        yield case(f"batch-and-detail-gone-{name}", RUN, by_list, urls=[IMAGE], starts=1)
    yield from _given_up()

    for name, answer in BATCHES.items():
        answers = {**begun, BATCH: {"json": answer}}
        yield case(f"batch-shape-{name}", RUN, answers, urls=[IMAGE], starts=1)

    for name, pause in PAUSES.items():
        answers = {**begun, BATCH: [reply([RUNNING]), pause, reply([DONE])], DETAIL: [pause, reply(DONE)]}
        yield case(f"batch-ill-{name}", RUN, answers, urls=[IMAGE], starts=1)
    yield from _late()
    yield from _other_details()


def _given_up() -> Iterator[Case]:
    """A paid task that no route knows: the error names it, and nothing is paid again."""
    denied = {BATCH: reply([]), DETAIL: reply(None, 404, 404, message="Task not found"), LIST: rows()}
    names_it = {"error": ["TaskNotFound", "WaitTimeout"], "text_has": [ID], "starts": 1}
    yield case("denied-by-all", RUN, {START: reply([MADE]), **denied}, **names_it)
    yield case("no-route-works", RUN, {START: reply([MADE])}, **names_it)

    broken = page(500, "<html>Internal Server Error</html>")
    ill = {START: reply([MADE]), BATCH: broken, DETAIL: broken, LIST: broken}
    yield case(
        "every-route-ill", RUN, ill, error=["WaitTimeout", "TaskNotFound", "ServerError"], text_has=[ID]
    )
    yield case("denied-by-all-in-bulk", BULK, {START: reply([MADE]), **denied}, delivered=0, starts=4)


def _late() -> Iterator[Case]:
    """Reads that lag behind the start."""
    denied = reply(None, 404, 404, message="Task not found")
    lags: dict[str, dict[str, Any]] = {
        "empty-batches": {BATCH: [reply([])] * 3 + [reply([DONE])], DETAIL: [denied] * 3 + [reply(DONE)]},
        "only-the-list": {BATCH: reply([]), DETAIL: denied, LIST: [rows(RUNNING), rows(DONE)]},
        "list-first": {BATCH: [reply([])] * 2 + [reply([DONE])], DETAIL: denied, LIST: rows(RUNNING)},
        "batch-empty-detail-works": {BATCH: reply([]), DETAIL: [reply(RUNNING), reply(DONE)], LIST: rows()},
    }

    for name, answers in lags.items():
        yield case(f"late-{name}", RUN, {START: reply([MADE]), **answers}, urls=[IMAGE], starts=1)


def _other_details() -> Iterator[Case]:
    """Details under other paths, and tasks that an earlier process started."""
    nano = {
        "POST /userNanoBanana/start": reply(MADE),
        "POST /userNanoBanana/batchDetail": page(404, "<html>Cannot POST</html>"),
        "GET /userNanoBanana/detail/*": reply(DONE),
    }
    request = {"do": "run", "on": "nano_banana", "args": {"name": "n", "prompt": "a red kite"}}
    yield case("nano-banana-detail", request, nano, urls=[IMAGE], starts=1)

    again = {"do": "wait", "on": "text_to_image", "task": ID}
    yield case("earlier-task-by-batch", again, {BATCH: reply({"@each": DONE})}, urls=[IMAGE])
    yield case("earlier-task-by-detail", again, {DETAIL: reply({**DONE, "_id": ID})}, urls=[IMAGE])
    yield case("earlier-task-by-list", again, {LIST: rows({**DONE, "_id": ID})}, urls=[IMAGE])
