"""A handwritten workflow and a small service behind it, for unit tests without generated code or sockets."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any, Unpack

import anyio
import attrs
import httpx

from a2e_async._spec.field import Field
from a2e_async._spec.media import Media
from a2e_async._spec.operation import CallOptions, Operation, Paging, many, one, raw
from a2e_async._spec.routes import Routes
from a2e_async.client import A2E
from a2e_async.jobs import Job
from a2e_async.pages import Pages
from a2e_async.records import TaskRecord
from a2e_async.resources import Workflow

TOKEN = "sk_test.abcdefghijklmnop"
BASE = "https://a2e.test"
PATH = "/api/v1/userPicture"


@attrs.frozen(kw_only=True)
class PictureRecord(TaskRecord):
    """A task of `Pictures`."""

    image_url: str | None = None
    image_urls: Sequence[str] | None = None
    seed: int | None = None


START = Operation(
    "POST",
    f"{PATH}/start",
    one(PictureRecord),
    body=(
        Field("name", str),
        Field("prompt", str, required=True, max_length=2000),
        Field("source_url", str, media=True),
        Field("source_urls", list, max_items=4, item=Field("", str, media=True)),
        Field("max_images", int, minimum=1, maximum=8),
        Field("size", str, choices=("small", "large")),
        Field("style", dict, fields=(Field("reference_url", str, media=True), Field("weight", float))),
    ),
    has_body=True,
)
NAMELESS_START = Operation(
    "POST", "/api/v1/userSketch/start", one(PictureRecord), body=START.body[1:], has_body=True
)
GET = Operation(
    "GET",
    f"{PATH}/{{_id}}",
    one(PictureRecord),
    path_fields=(Field("id", str, "_id", required=True),),
    repeatable=True,
)
BATCH_DETAIL = Operation(
    "POST",
    f"{PATH}/batchDetail",
    many(PictureRecord),
    body=(Field("ids", list, required=True),),
    has_body=True,
    repeatable=True,
)
LIST = Operation(
    "GET",
    f"{PATH}/allRecords",
    many(PictureRecord),
    query=(Field("page_size", int, "pageSize", minimum=1, maximum=100),),
    paging=Paging("pageNum", "pageSize", 10, 100),
    repeatable=True,
)
DELETE = Operation("DELETE", f"{PATH}/{{_id}}", raw, path_fields=GET.path_fields)


class Pictures(Workflow[PictureRecord]):
    """A workflow whose tasks take a name and can be read back in every way."""

    record_type = PictureRecord
    name = "pictures"
    routes = Routes(start=START, get=GET, batch_detail=BATCH_DETAIL, list=LIST, delete=DELETE)
    start = START

    def __call__(
        self,
        *,
        prompt: str,
        source_url: Media | None = None,
        source_urls: Sequence[Media] | None = None,
        max_images: int | None = None,
        size: str | None = None,
        style: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Job[PictureRecord]:
        values = {
            "prompt": prompt,
            "source_url": source_url,
            "source_urls": source_urls,
            "max_images": max_images,
            "size": size,
            "style": style,
        }
        return self._job(self.start, values, options)

    async def get(self, id: str, **options: Unpack[CallOptions]) -> PictureRecord:
        return await self._request(GET, {"id": id}, options)

    def list(self, *, page_size: int | None = None, **options: Unpack[CallOptions]) -> Pages[PictureRecord]:
        return self._pages(LIST, {"page_size": page_size}, options)


class Sketches(Pictures):
    """The same workflow, but its tasks take no name."""

    name = "sketches"
    routes = Routes(start=NAMELESS_START, get=GET, batch_detail=BATCH_DETAIL, list=LIST)
    start = NAMELESS_START


Answer = httpx.Response | Exception
Fault = Callable[["Service", httpx.Request], "Answer | None"]


def ok(data: Any) -> httpx.Response:
    """A reply in the service's envelope."""
    return httpx.Response(200, json={"code": 0, "data": data, "trace_id": "t"})


def refused(status: int, message: str = "no", **headers: str) -> httpx.Response:
    """An error in the service's envelope. Underscores in header names become hyphens."""
    return httpx.Response(
        status,
        json={"code": status, "message": message},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@attrs.define(eq=False)
class Service(httpx.AsyncBaseTransport):
    """A small service for `Pictures` and `Sketches`, on the event loop's clock.

    Attributes:
        duration: seconds that a task takes.
        delay: seconds that each request takes.
        fails: tasks with this word in their prompt fail.
        list_lag: seconds after which a new task shows up in the list.
        several: how many tasks a start with a given body makes.
        commit_lag: seconds after which a start with a given body takes effect.
        before: may answer a request, or break it, before anything is done.
        after: the same for starts, after the work; its answer replaces the right one.
        on_list: may answer a list request, or break it.
        tasks: the tasks made, oldest first.
        requests: the requests that arrived.
        under_way: how many requests are being answered.
        most_under_way: the largest number of requests that were answered at the same time.
        closed: how often the transport was closed.
        epoch: the server's wall clock when the event loop's clock shows 0.
        dated: whether replies carry the server's Date.
        page_most: the most records on a page, whatever is asked for.
    """

    duration: float = 5.0
    delay: float = 0.0
    fails: str = "FAIL"
    list_lag: float = 0.0
    several: Callable[[Mapping[str, Any]], int] = lambda body: 1
    commit_lag: Callable[[Mapping[str, Any]], float] = lambda body: 0.0
    before: Fault = lambda service, request: None
    after: Fault = lambda service, request: None
    on_list: Fault = lambda service, request: None
    tasks: list[dict[str, Any]] = attrs.field(factory=list[dict[str, Any]])
    requests: list[httpx.Request] = attrs.field(factory=list[httpx.Request])
    under_way: int = 0
    most_under_way: int = 0
    closed: int = 0
    epoch: float = attrs.field(factory=time.time)
    dated: bool = False
    page_most: int = 100

    @property
    def starts(self) -> int:
        """How many start requests arrived."""
        return self.counted("/start")

    @property
    def lists(self) -> int:
        """How many list requests arrived."""
        return self.counted("/allRecords")

    def counted(self, end: str) -> int:
        """How many requests had a path with this end."""
        return sum(request.url.path.endswith(end) for request in self.requests)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)

        try:
            await anyio.sleep(self.delay)
            answer = await self._answer(request)
        finally:
            self.under_way -= 1

        if isinstance(answer, Exception):
            if isinstance(answer, httpx.RequestError):
                answer.request = request
            raise answer

        if self.dated:
            answer.headers["date"] = formatdate(self.epoch + anyio.current_time(), usegmt=True)
        return answer

    async def aclose(self) -> None:
        self.closed += 1

    async def _answer(self, request: httpx.Request) -> Answer:
        last = request.url.path.rpartition("/")[2]
        answer = self.before(self, request)
        if answer is not None:
            return answer

        if last == "start":
            return await self._start(request)
        if last == "batchDetail":
            wanted = set(json.loads(request.content)["ids"])
            return ok([self._record(task) for task in self.tasks if task["_id"] in wanted])

        if last == "allRecords":
            return self.on_list(self, request) or self._list(request)
        for task in self.tasks:
            if task["_id"] == last:
                return ok(self._record(task))

        return refused(404, "no such task")

    def add(self, **body: Any) -> dict[str, Any]:
        """Make a task, as for another client of the account."""
        lag = self.commit_lag(body)
        born = anyio.current_time() + lag
        task = {
            "_id": f"{len(self.tasks):024x}",
            "_visible": born + self.list_lag,
            "_born": born,
            "coins": 30,
            **body,
        }
        self.tasks.append(task)
        return task

    async def _start(self, request: httpx.Request) -> Answer:
        body = json.loads(request.content)
        made = [self.add(**body) for _ in range(self.several(body))]

        answer = self.after(self, request)
        if answer is not None:
            return answer
        return ok(self._record(made[0]) if len(made) == 1 else [self._record(task) for task in made])

    def _list(self, request: httpx.Request) -> httpx.Response:
        size, number = int(request.url.params["pageSize"]), int(request.url.params["pageNum"])
        size = min(size, self.page_most)
        now = anyio.current_time()
        visible = [task for task in reversed(self.tasks) if task["_visible"] <= now]
        rows = visible[(number - 1) * size : number * size]
        return ok({"rows": [self._record(task) for task in rows], "count": len(visible)})

    def _record(self, task: Mapping[str, Any]) -> dict[str, Any]:
        ended = anyio.current_time() >= task["_born"] + self.duration
        failed = ended and self.fails in task.get("prompt", "")
        shown = {key: value for key, value in task.items() if key == "_id" or not key.startswith("_")}
        shown["createdAt"] = datetime.fromtimestamp(self.epoch + task["_born"], UTC).isoformat()
        shown["current_status"] = "failed" if failed else "completed" if ended else "processing"
        shown["image_urls"] = [f"https://cdn.test/{task['_id']}.png"] if ended and not failed else []
        shown["failed_message"] = "it did not work" if failed else ""
        return shown


def client(service: httpx.AsyncBaseTransport, **options: Any) -> A2E:
    """A client of the service."""
    return A2E(TOKEN, base_url=BASE, transport=service, **options)


async def each(items: Sequence[Any]) -> AsyncIterator[Any]:
    """Iterate over a sequence, asynchronously."""
    for item in items:
        yield item
