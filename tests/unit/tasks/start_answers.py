"""Answers to a start by what they mean: lost, refused, or never delivered."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from a2e_async.tasks import Task
from tests.unit.sample import (
    Answer,
    Fault,
    PictureRecord,
    Service,
    refused,
)

PAGE = b"<!doctype html><html>oops</html>"
LOST: dict[str, Callable[[], Answer]] = {
    "reset": lambda: httpx.ReadError("reset"),
    "hung up": lambda: httpx.RemoteProtocolError("server disconnected"),
    "timeout": lambda: httpx.ReadTimeout("slow"),
    "write broken": lambda: httpx.WriteError("broken pipe"),
    "500": lambda: refused(500, "oops"),
    "502 html": lambda: httpx.Response(502, content=PAGE),
    "504": lambda: httpx.Response(504, content=b""),
    "503 with retry-after": lambda: refused(503, "busy", Retry_After="3"),
    "200 html": lambda: httpx.Response(200, content=PAGE),
    "200 cut short": lambda: httpx.Response(200, content=b'{"code": 0, "data": {"_id": "'),
    "200 empty": lambda: httpx.Response(200, content=b""),
    "200 code 500": lambda: httpx.Response(200, json={"code": 500, "message": "oops"}),
    "408": lambda: refused(408, "slow"),
}
REFUSED: dict[str, Callable[[], Answer]] = {
    "429": lambda: refused(429, "slow down", Retry_After="7"),
    "429 html": lambda: httpx.Response(429, content=PAGE),
    "200 code 429": lambda: httpx.Response(200, json={"code": 429, "message": "slow down"}),
}
UNDELIVERED: dict[str, Callable[[], Answer]] = {
    "refused": lambda: httpx.ConnectError("refused"),
    "connect timeout": lambda: httpx.ConnectTimeout("slow"),
    "proxy": lambda: httpx.ProxyError("no way"),
}


def on_starts(*answers: Callable[[], Answer] | None) -> Fault:
    """A fault that gives these answers to the first starts, in order; None lets a start through."""

    def fault(service: Service, request: httpx.Request) -> Answer | None:
        if not request.url.path.endswith("/start"):
            return None
        number = service.starts - 1
        answer = answers[number] if number < len(answers) else None
        return answer() if answer else None

    return fault


def owners(service: Service, tasks: list[Task[PictureRecord]]) -> list[str]:
    """The prompts that the server knows these tasks by."""
    by_id = {task["_id"]: task["prompt"] for task in service.tasks}
    return [by_id[task.id] for task in tasks]
