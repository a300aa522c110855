"""A service that answers as a case says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

__all__ = ["PNG", "Service", "task_id"]

PREFIX = "/api/v1"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
UNKNOWN_PATH = "<!DOCTYPE html><html><body><pre>Cannot {} {}</pre></body></html>"


def task_id(number: int) -> str:
    """The id of the task that the start with this number makes, from 1."""
    return f"65f0c0ffee{number:014x}"


class Service:
    """Answers requests from the replies of a case.

    Args:
        replies: ``METHOD /path`` -> a reply, or a list of replies, which come in turn; the last one stays.
            The first route counts as the start. `tests/replies/README.md` describes the notation of a reply.

    Attributes:
        starts: how many starts came.
        requests: every request that came.
        started: the body of the first start.
    """

    def __init__(self, replies: Mapping[str, Any]) -> None:
        self._replies = {
            key: list(reply) if isinstance(reply, list) else [reply] for key, reply in replies.items()
        }
        self._start = next(iter(self._replies))
        self._names: list[str] = []
        self.requests: list[httpx.Request] = []
        self.started: dict[str, Any] = {}

    @property
    def starts(self) -> int:
        """How many requests the first route got."""
        return len(self._names)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request. What has no route gets the HTML page of an unknown path."""
        self.requests.append(request)
        key = self._route(request)
        if key is None:
            return _page(404, UNKNOWN_PATH.format(request.method, request.url.path))

        if key == self._start:
            self._count_start(request)
        waiting = self._replies[key]
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return self._response(reply, request)

    def _route(self, request: httpx.Request) -> str | None:
        """The most exact of the routes that fit: ``*`` stands for one segment of the path."""
        fitting = [key for key in self._replies if _fits(key, request)]
        return min(fitting, key=lambda key: key.count("*"), default=None)

    def _count_start(self, request: httpx.Request) -> None:
        body = _parse(request)
        self._names.append(str(body.get("name") or body.get("title") or ""))
        self.started = self.started or body

    def _response(self, reply: Mapping[str, Any], request: httpx.Request) -> httpx.Response:
        if "lost" in reply:
            raise {"read": httpx.ReadError, "timeout": httpx.ReadTimeout, "connect": httpx.ConnectError}[
                reply["lost"]
            ]("lost")
        if "unless_agent" in reply and _is_bare(request, tuple(reply["unless_agent"])):
            return httpx.Response(403, text="error code: 1010")

        status, headers = reply.get("status", 200), reply.get("headers", {})
        if reply.get("png"):
            return httpx.Response(status, content=PNG, headers={"content-type": "image/png", **headers})
        if "bytes" in reply:
            return httpx.Response(status, content=bytes.fromhex(reply["bytes"]), headers=headers)
        if "text" in reply:
            return _page(status, reply["text"], headers)
        return httpx.Response(status, json=self._fill(reply["json"], request), headers=headers)

    # The notation of replies

    def _fill(self, value: Any, request: httpx.Request, identity: str = "") -> Any:
        """Replace the places that the requests decide about: ids, names and pages."""
        if isinstance(value, dict):
            if "@each" in value:
                ids = _parse(request).get("ids", [])
                return [self._fill(value["@each"], request, str(one)) for one in ids]
            if "@page" in value:
                places = _page_window(request, value["total"])
                return [self._fill(value["@page"], request, task_id(place + 1)) for place in places]
            return {key: self._fill(item, request, identity) for key, item in value.items()}

        if isinstance(value, list):
            return [self._fill(item, request, identity) for item in value]
        if not isinstance(value, str):
            return value

        name = self._names[-1] if self._names else ""
        return value.replace("@ID", identity or task_id(max(self.starts, 1))).replace("@NAME", name)


def _fits(key: str, request: httpx.Request) -> bool:
    method, path = key.split(" ", 1)
    if method != request.method:
        return False
    if path.startswith("http"):
        return str(request.url).partition("?")[0] == path

    wanted, given = (PREFIX + path).split("/"), request.url.path.split("/")
    return len(wanted) == len(given) and all(
        segment in ("*", found) for segment, found in zip(wanted, given, strict=True)
    )


def _parse(request: httpx.Request) -> dict[str, Any]:
    try:
        body = json.loads(request.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _page(status: int, text: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    kind = {"content-type": "text/html; charset=utf-8"}
    return httpx.Response(status, content=text.encode(), headers={**kind, **(headers or {})})


def _page_window(request: httpx.Request, total: int) -> range:
    """The places of the list that a request asks for."""
    query = request.url.params
    size = int(query.get("pageSize") or query.get("page_size") or 1)
    number = int(query.get("pageNum") or query.get("page") or query.get("current") or 1)
    return range((number - 1) * size, min(number * size, total))


def _is_bare(request: httpx.Request, turned_away: tuple[str, ...]) -> bool:
    """Whether a request comes from an HTTP library that did not give itself a name."""
    agent = request.headers.get("user-agent", "").lower()
    return not agent or agent.startswith(turned_away)
