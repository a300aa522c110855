"""Lists, values that the document does not know yet, and media that the service could never fetch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.replies.parts import (
    BATCH,
    DONE,
    ID,
    IMAGE,
    IN,
    LIST,
    MADE,
    PORTRAIT,
    RUN,
    START,
    VIDEO,
    case,
    page,
    reply,
)
from tests.replies.player import Case
from tests.replies.service import task_id

__all__ = ["lists"]

ROWS = [{**DONE, "_id": task_id(number)} for number in (3, 2, 1)]
ALL = [task_id(number) for number in (3, 2, 1)]
FIRST = {"do": "list", "on": "text_to_image", "first": 20}

SHAPES: dict[str, Any] = {
    "rows": {"code": 0, "data": {"rows": ROWS, "count": 3}},
    "list": {"code": 0, "data": {"list": ROWS, "total": 3}},
    "data": {"code": 0, "data": {"data": ROWS, "total": 3}},
    "records": {"code": 0, "data": {"records": ROWS}},
    "items": {"code": 0, "data": {"items": ROWS, "total": 3}},
    "array": {"code": 0, "data": ROWS},
    "bare-array": ROWS,
    "rows-on-top": {"code": 0, "rows": ROWS, "count": 3},
    "code-200": {"code": 200, "data": {"rows": ROWS, "count": 3}},
    "success": {"success": True, "data": {"rows": ROWS, "count": 3}},
    "count-as-text": {"code": 0, "data": {"rows": ROWS, "count": "3"}},
    "with-a-null": {"code": 0, "data": {"rows": [*ROWS, None], "count": 3}},
    "twice-nested": {"code": 0, "data": {"data": {"rows": ROWS, "count": 3}}},
}
EMPTY: dict[str, Any] = {
    "rows": {"code": 0, "data": {"rows": [], "count": 0}},
    "rows-null": {"code": 0, "data": {"rows": None, "count": 0}},
    "null": {"code": 0, "data": None},
    "array": {"code": 0, "data": []},
    "object": {"code": 0, "data": {}},
}
UNREACHABLE = {
    "file": "file:///home/ann/cat.png",
    "s3": "s3://bucket/cat.png",
    "localhost": "http://localhost:8000/cat.png",
    "loopback": "https://127.0.0.1/cat.png",
    "private-10": "http://10.0.0.7/cat.png",
    "private-192": "https://192.168.1.4/cat.png",
    "link-local": "http://169.254.169.254/latest/meta-data",
    "ipv6": "http://[::1]/cat.png",
    "relative": "cat.png",
}
"""Media URLs that only this machine, or nobody, can open."""


def lists() -> Iterator[Case]:
    """Cases of lists, and of values."""
    for name, shape in SHAPES.items():
        yield case(f"list-{name}", FIRST, {LIST: [{"json": shape}, reply({"rows": [], "count": 3})]}, ids=ALL)
    for name, shape in EMPTY.items():
        yield case(f"list-empty-{name}", FIRST, {LIST: {"json": shape}}, ids=[])
    ids = {LIST: [reply({"rows": [{"id": one} for one in ALL], "count": 3}), reply({"rows": []})]}
    yield case("list-of-other-ids", FIRST, ids, ids=ALL)

    pages = {LIST: reply({"rows": {"@page": {**DONE}, "total": 15}, "count": 15})}
    yield case("list-of-pages", FIRST, pages, ids=[task_id(number + 1) for number in range(15)])
    same = {
        LIST: reply({"rows": [{**DONE, "_id": task_id(number)} for number in range(1, 11)], "count": 500})
    }
    ten = [task_id(number) for number in range(1, 11)]
    yield case("list-that-ignores-pages", FIRST, same, ids=ten, requests_max=6)
    ill = {
        LIST: [page(502, "<html>Bad Gateway</html>"), reply({"rows": ROWS, "count": 3}), reply({"rows": []})]
    }
    yield case("list-after-502", FIRST, ill, ids=ALL)

    yield from _newer_values()
    for name, url in UNREACHABLE.items():
        request = {"do": "run", "on": "image_to_video", "args": {"image_url": url, "prompt": "it waves"}}
        answers = {"POST /userImage2Video/start": reply(MADE)}
        yield case(
            f"media-{name}", request, answers, error=["InvalidArgument"], text_has=["image_url"], starts=0
        )
    yield from _calls()


def _newer_values() -> Iterator[Case]:
    works = {START: reply([MADE]), BATCH: reply([DONE])}
    newer: dict[str, Any] = {"model_type": "zimage-2"}
    request = {**RUN, "args": {**RUN["args"], **newer}}
    yield case("value-newer-than-the-document", request, works, urls=[IMAGE], sent=newer)

    extra = {**RUN, "args": {**RUN["args"], "extra_body": {"sharpness": 3}}}
    yield case("value-in-extra-body", extra, works, urls=[IMAGE], sent={"sharpness": 3})
    unknown = {**RUN, "args": {**RUN["args"], "sharpness": 3}}
    yield case(
        "unknown-keyword", unknown, works, error=["InvalidArgument"], text_has=["extra_body"], starts=0
    )

    gpt = {
        "POST /userGptImage/start": reply([MADE]),
        "POST /userGptImage/batchDetail": reply([DONE]),
        "GET /userGptImage/detail/*": reply(DONE),
    }
    sent = {"model": "gpt-image-2.5-sunburst"}
    request = {"do": "run", "on": "gpt_image", "args": {"name": "n", "prompt": "a red kite", **sent}}
    yield case("value-gpt-image-model", request, gpt, urls=[IMAGE], sent=sent)

    twin = {"_id": "@ID", "current_status": "completed", "anchor_id": "65f0c0ffee00000000000009"}
    answers = {
        "POST /userVideoTwin/startTraining": reply({"_id": "@ID"}),
        "POST /userVideoTwin/batchDetail": reply([twin]),
        "GET /userVideoTwin/*": reply(twin),
    }
    args = {"name": "Ann", "image_url": PORTRAIT, "gender": "female"}
    request = {"do": "run", "on": "video_twin", "args": args}
    came = {"value_has": "65f0c0ffee00000000000009", "sent": {"gender": "female"}}
    yield case("value-gender-of-a-twin", request, answers, **came)


def _calls() -> Iterator[Case]:
    """Replies of other operations."""
    speech = {
        "do": "call",
        "on": "tts.send_tts",
        "args": {"msg": "Hello", "tts_id": "65f0c0ffee000000000000bb"},
    }
    url = "https://7days-tos.example.com/tts/a.mp3"
    for name, data in {"object": {"audio_url": url}, "url": {"url": url}, "list": [url]}.items():
        yield case(f"tts-{name}", speech, {"POST /video/send_tts": reply(data)}, value_has=url)

    coins = {"do": "call", "on": "request", "positional": ["GET", "/api/v1/user/remainingCoins"]}
    yield case(
        "coins-code-200", coins, {"GET /user/remainingCoins": reply({"coins": 2836}, 200)}, value_has="2836"
    )
    yield case("coins-bare", coins, {"GET /user/remainingCoins": {"json": {"coins": 2836}}}, value_has="2836")

    family = {"do": "run", "on": "workflow", "positional": ["wanneer", {"image_url": f"{IN}/a.png"}]}
    record = {**MADE, "current_status": "succeed", "image_url": f"{IN}/a.png", "video_url": VIDEO}
    answers = {
        "POST /wanneer/start": reply({"taskId": ID}),
        "POST /wanneer/batchDetail": page(404, "<html>Cannot POST</html>"),
        "GET /wanneer/*": reply(record),
    }
    yield case("unknown-family-odd-replies", family, answers, urls=[VIDEO], starts=1)
