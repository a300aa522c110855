"""Lists in other words: one generation, then each is read to its end, by users and by the search."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest

from a2e_async import A2E
from a2e_async._tasks.list_pages import ListIndex, ListPages
from a2e_async._tasks.list_readings import read_list
from tests.codegen.documents import Document, body, fields, id_parameter
from tests.codegen.shapes import Recorder, generated, op, query, reply
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

TEXT: Document = {"type": "string"}
COUNT: Document = {"type": "integer"}
ITEM: Document = {"type": "object", "properties": {"id": TEXT, "status": TEXT, "size": COUNT}}
IDS: Document = {"type": "array", "items": TEXT}
ITEMS: Document = {"type": "array", "items": ITEM}


def obj(**properties: Document) -> Document:
    return {"type": "object", "properties": properties}


def listing(schema: Document, *names: str, **more: Any) -> Document:
    """A list with integer parameters of these names; ``cursor`` and the like are strings."""
    words = ("cursor", "token", "after", "last_id")
    parameters = [query(name, TEXT if name.lower().endswith(words) else COUNT) for name in names]
    return op(parameters=[*parameters, *more.get("parameters", ())], responses=reply(schema))


# What each service calls its page, and how it answers.
LISTS: dict[str, tuple[Document, dict[str, str]]] = {
    "pagesizes": (listing(ITEMS, "page", "page_size"), {"page": "page", "size": "page_size"}),
    "perpages": (listing(obj(data=obj(items=ITEMS)), "pageNo", "perPage"), {
        "page": "pageNo", "size": "perPage", "list": "data.items"}),
    "limits": (listing(obj(images=ITEMS, total=COUNT), "page", "limit"), {
        "page": "page", "size": "limit", "list": "images", "total": "total"}),
    "bracketed": (listing(obj(data=ITEMS, meta=obj(total=COUNT)), "page[number]", "page[size]"), {
        "page": "page[number]", "size": "page[size]", "list": "data", "total": "meta.total"}),
    "zeros": (listing(ITEMS, "size", parameters=[query("pageIndex", {**COUNT, "default": 0})]), {
        "page": "pageIndex", "size": "size", "zero": "yes"}),
    "lonely": (listing(ITEMS, "page"), {"page": "page"}),
    "offsets": (listing(obj(code=COUNT, data=obj(result=obj(videos=ITEMS))), "offset", "limit"), {
        "offset": "offset", "size": "limit", "list": "data.result.videos"}),
    "skips": (listing(obj(tasks=ITEMS, has_more={"type": "boolean"}), "skip", "take"), {
        "offset": "skip", "size": "take", "list": "tasks", "more": "has_more", "most": "7"}),
    "cursors": (listing(obj(data=ITEMS, next_cursor=TEXT), "cursor", "limit"), {
        "cursor": "cursor", "size": "limit", "list": "data", "next": "next_cursor"}),
    "tokens": (listing(obj(code=COUNT, data=obj(list=ITEMS, token=TEXT)), "token", "limit"), {
        "cursor": "token", "size": "limit", "list": "data.list", "next": "data.token"}),
    "deeps": (listing(obj(records=ITEMS, paging=obj(nextPageToken=TEXT)), "pageToken", "maxResults"), {
        "cursor": "pageToken", "size": "maxResults", "list": "records", "next": "paging.nextPageToken"}),
    "afters": (listing(obj(data=ITEMS, has_more={"type": "boolean"}), "after", "limit"), {
        "after": "after", "size": "limit", "list": "data", "more": "has_more"}),
    "strangers": (listing(ITEMS, "starting_after", "limit"), {"after": "starting_after", "size": "limit"}),
    "urls": (listing(obj(results=ITEMS, next=TEXT)), {
        "cursor": "position", "list": "results", "next": "next", "url": "yes"}),
    "linked": (listing(obj(items=ITEMS, _links=obj(next=obj(href=TEXT)))), {
        "cursor": "p", "list": "items", "next": "_links.next.href", "url": "yes"}),
}  # fmt: skip
ALONE: Document = {
    "halves": listing(obj(data=ITEMS, has_more={"type": "boolean"}), "limit"),
    "caps": listing(ITEMS, "limit"),
    "circles": listing(obj(data=ITEMS, next_cursor=TEXT), "cursor"),
    "elsewhere": listing(obj(data=ITEMS, next=TEXT)),
}


def start(name: str, listed: Document, batch: Document | None = None) -> Document:
    """A workflow with this list."""
    made = {
        f"post /api/v1/{name}/start": op(requestBody=fields(prompt=TEXT, name=TEXT)),
        f"get /api/v1/{name}/list": listed,
    }
    return {**made, f"post /api/v1/{name}/batchDetail": batch} if batch else made


def batch(name: str, most: int, **more: Document) -> Document:
    ids: Document = {"type": "array", "items": TEXT, "maxItems": most}
    return op(requestBody=fields([name, *more], **{name: ids}, **more))


PATHS: Document = {
    **{key: one for name, (listed, _) in LISTS.items() for key, one in start(name, listed).items()},
    **{key: one for name, listed in ALONE.items() for key, one in start(name, listed).items()},
    **start("fifties", listing(ITEMS, "page", "limit"), batch("taskIds", 50)),
    **start(
        "needy",
        listing(ITEMS, "page", "limit"),
        op(requestBody=fields(["ids", "kind"], ids=ITEMS, kind=TEXT)),
    ),
    **start("arrays", listing(ITEMS, "page"), op(requestBody=body({**IDS, "maxItems": 30}))),
    "post /api/v1/queried/start": op(requestBody=fields(prompt=TEXT)),
    "get /api/v1/queried/batchQuery": op(
        parameters=[
            query("ids", {"type": "array", "items": TEXT, "maxItems": 20}, required=True, explode=False)
        ]
    ),
    "post /api/v1/bares/start": op(requestBody=fields(prompt=TEXT)),
    "get /api/v1/bares": listing(obj(data=ITEMS, next_cursor=TEXT), "cursor", "limit"),
    "post /api/v1/sums/start": op(requestBody=fields(prompt=TEXT)),
    "get /api/v1/sums": op(responses=reply(obj(coins=COUNT))),
    "get /api/v1/reads/{id}": op(parameters=[id_parameter("id")], responses=reply(ITEM)),
    "get /api/v1/reads/ranges": listing(obj(id=TEXT, bytes=TEXT), "start", "size"),
}


@pytest.fixture(scope="module")
def modules() -> dict[str, Any]:
    return generated(PATHS)


class Lists:
    """A service with 23 tasks, newest first, that reads and answers as one of `LISTS` says."""

    def __init__(self, name: str) -> None:
        self.words = LISTS[name][1]
        self.ids = [f"t{number:02}" for number in range(23)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        words, given = self.words, request.url.params
        size = min(int(given.get(words.get("size", ""), 10)), int(words.get("most", 10)))
        begin = self._begin(given, size)
        shown = [{"id": one, "status": "completed"} for one in self.ids[begin : begin + size]]
        more = begin + size < len(self.ids)

        found: Any = {"code": 0} if words.get("list", "").startswith("data.") else {}
        found = _put(found, words.get("list", ""), shown)
        if "total" in words:
            found = _put(found, words["total"], len(self.ids))
        if "more" in words:
            found = _put(found, words["more"], more)
        if "next" in words:
            following: Any = f"c{begin + size}"
            if "url" in words:
                following = f"https://other.example{request.url.path}?{words['cursor']}={following}"
            found = _put(found, words["next"], following if more else None)
        return httpx.Response(200, json=found)

    def _begin(self, given: Mapping[str, str], size: int) -> int:
        words = self.words
        if "page" in words:
            return (int(given.get(words["page"], 1)) - ("zero" not in words)) * size
        if "offset" in words:
            return int(given.get(words["offset"], 0))
        if "after" in words:
            return self.ids.index(given[words["after"]]) + 1 if words["after"] in given else 0
        return int(given.get(words["cursor"], "c0")[1:])


def _put(found: Any, path: str, value: Any) -> Any:
    """Put a value under a path of members; "" replaces everything."""
    if not path:
        return value
    first, _, rest = path.partition(".")
    return {**found, first: _put(found.get(first, {}), rest, value)}


def resource(modules: dict[str, Any], name: str, client: A2E) -> Any:
    return getattr(modules[name], name.capitalize())(client)


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_to_its_end(
    name: str, modules: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    service = Lists(name)
    seen = Recorder(service)
    async with seen.client() as a2e:
        workflow = resource(modules, name, a2e)
        records = [record async for record in workflow.list()]
        assert [record.id for record in records] == service.ids
        assert type(records[0]).__name__ != "Record"
        assert 3 <= len(seen.requests) <= 5

        # The search for the task of a lost start reads the same list to its end.
        pages = ListPages(workflow.routes.list, a2e.runtime.transport)
        never = lambda: lambda fresh: bool(list(fresh)) and False  # noqa: E731
        reading = await read_list(pages, -1e12, never, thorough=True)
        assert reading.whole
        assert [task.id for task in reading.tasks] == service.ids
        index = ListIndex(ListPages(workflow.routes.list, a2e.runtime.transport), a2e.runtime.policies.clock)
        assert await index.holds("t22")
        assert not await index.holds("t23")
    assert caplog.records == []


async def test_a_list_that_cannot_be_read_on_says_so(
    modules: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.split("/")[3]
        rows = [{"id": "a", "status": "completed"}] * int(request.url.params.get("limit", 1))
        replies: dict[str, Any] = {
            "halves": {"data": rows, "has_more": True},
            "caps": rows,
            "circles": {"data": rows, "next_cursor": "b" if "cursor=a" in str(request.url) else "a"},
            "elsewhere": {"data": rows, "next": "https://a.example/api/v2/other?page=2"},
        }
        return httpx.Response(200, json=replies[name])

    words = {
        "halves": "although the service says that more follow",
        "caps": "the last page was full, and nothing says how to ask for the next one",
        "circles": "the next page that the service names was read before",
        "elsewhere": "although the service says that more follow",
    }
    for name in ALONE:
        seen = Recorder(answer)
        caplog.clear()
        async with seen.client() as a2e:
            assert [one.id async for one in resource(modules, name, a2e).list()] == ["a"]
        assert [one.levelno for one in caplog.records] == [logging.WARNING]
        assert words[name] in caplog.text
        assert len(seen.requests) <= 3
        # Without a way to go on, the first page is as large as it may be.
        assert name not in ("halves", "caps") or seen.last.url.params["limit"] == "100"


async def test_a_list_may_begin_further_on(modules: dict[str, Any]) -> None:
    for name, given in (
        ("pagesizes", {"page": 3}),
        ("offsets", {"offset": 20}),
        ("cursors", {"cursor": "c20"}),
    ):
        seen = Recorder(Lists(name))
        async with seen.client() as a2e:
            records = [one.id async for one in resource(modules, name, a2e).list(extra_query=given)]
        assert records == ["t20", "t21", "t22"]


def test_what_is_no_list_stays_what_it_is(modules: dict[str, Any]) -> None:
    assert modules["reads"].RANGES.paging is None
    assert modules["sums"].GET.paging is None
    assert modules["sums"].Sums.routes.list is None
    assert modules["bares"].Bares.routes.list is modules["bares"].LIST
    assert modules["bares"].LIST.paging.by == "cursor"


async def test_batches_have_the_size_and_the_member_that_are_declared(modules: dict[str, Any]) -> None:
    batches: list[Sequence[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/start"):
            made = f"t{len(request.read())}-{len(starts)}"
            starts.append(made)
            return httpx.Response(200, json={"code": 0, "data": {"_id": made, "current_status": "sent"}})
        sent = json.loads(request.content) if request.content else request.url.params["ids"].split(",")
        asked = sent["taskIds"] if isinstance(sent, dict) else sent
        batches.append(asked)
        done = {"current_status": "completed", "result_url": "https://cdn.example/a.png"}
        return httpx.Response(200, json={"code": 0, "data": [{"_id": one, **done} for one in asked]})

    for name, most in (("fifties", 50), ("queried", 20), ("arrays", 30)):
        starts: list[str] = []
        batches.clear()
        seen = Recorder(answer)
        async with seen.client() as a2e:
            workflow = resource(modules, name, a2e)
            async with a2e.bulk([workflow(prompt=str(one)) for one in range(120)], concurrency=120) as run:
                outcomes = [one async for one in run]
        assert [one.error for one in outcomes] == [None] * 120
        assert max(map(len, batches)) == most
        assert {one.method for one in seen.requests if not one.url.path.endswith("/start")} <= {"POST", "GET"}
    assert modules["needy"].Needy.routes.batch_detail is None
