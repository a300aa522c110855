"""One async iterator for every list, whatever its paging and its reply. Records may move meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from a2e_async import A2E, InvalidArgument, Pages
from a2e_async.api import RESOURCES
from a2e_async.sandbox import Sandbox, VirtualClock
from tests.conformance.samples import ANCHOR, media_url, sample_arguments
from tests.conformance.workflows import BESIDES, operations_of

pytestmark = pytest.mark.anyio

PAGED = [
    (resource, constant)
    for resource in RESOURCES
    for constant, operation in operations_of(resource).items()
    if operation.paging
]
IMAGE = media_url("image")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh account for each test, because the tests count the records of its lists."""
    with Sandbox(clock=VirtualClock(auto=True)) as sandbox:
        yield sandbox


async def started(a2e: A2E, resource: str, number: int) -> list[str]:
    """Start a number of tasks and return their ids, newest first."""
    start = operations_of(resource)["START"]
    arguments = sample_arguments(start, **BESIDES.get(start.path, {}))
    return [(await getattr(a2e, resource)(**arguments).start()).id for _ in range(number)][::-1]


async def ids_of(pages: Pages[Any]) -> list[str]:
    return [str(record.raw.get("_id")) async for record in pages]


# Every paging style and every shape of reply; see `a2e_async.sandbox.families`.
STYLES = {
    "image_to_video": "pageNum pageSize",  # rows
    "nano_banana": "pageNum pageSize",  # list; both required
    "face_swap_task": "pageNum pageSize",  # both required
    "flux2": "page page_size",
    "gpt_image": "page page_size",
    "seedance2_video": "pageNum pageSize",
    "qwen2_image": "",
    "avatar_video": "",  # data.data
}


@pytest.mark.parametrize("resource", STYLES)
@pytest.mark.parametrize("page_size", [None, 3])
async def test_all_records_newest_first(resource: str, page_size: int | None, a2e: A2E) -> None:
    paging = operations_of(resource)["LIST"].paging
    assert paging is not None
    assert " ".join(filter(None, (paging.page, paging.size))) == STYLES[resource]
    made = await started(a2e, resource, 7)
    arguments = {"page_size": page_size} if page_size and paging.size else {}
    assert await ids_of(getattr(a2e, resource).list(**arguments)) == made


SHAPES: dict[str, Callable[[list[Any]], Any]] = {
    "rows": lambda rows: {"rows": rows, "count": 5},
    "rows without count": lambda rows: {"rows": rows},
    "list": lambda rows: {"list": rows},
    "data": lambda rows: {"data": rows, "total": 5},
    "array": lambda rows: rows,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("resource", ["image_to_video", "gpt_image", "photobook"])
async def test_whatever_the_list_is_wrapped_in(resource: str, shape: str) -> None:
    """The shape is unknown for some families, and two clients disagree about one."""
    ids = [f"{number:024x}" for number in range(5)]
    asked = []

    async def answer(request: httpx.Request) -> httpx.Response:
        query = {name: int(value) for name, value in request.url.params.items()}
        page, size = (
            query.get("pageNum", query.get("page", 0)),
            query.get("pageSize", query.get("page_size", 0)),
        )
        asked.append(page)
        rows = [{"_id": identity} for identity in ids[(page - 1) * size : page * size]]
        return httpx.Response(200, json={"code": 0, "data": SHAPES[shape](rows)})

    a2e = A2E(token="sk_x", base_url="https://a2e.test", transport=httpx.MockTransport(answer))
    assert await ids_of(getattr(a2e, resource).list(page_size=2)) == ids
    assert asked == [1, 2, 3]


@pytest.mark.parametrize(("number", "requests"), [(0, 1), (2, 1), (3, 2), (4, 2), (7, 3)])
async def test_a_short_page_is_the_last(number: int, requests: int, a2e: A2E, sandbox: Sandbox) -> None:
    made = await started(a2e, "image_to_video", number)
    assert await ids_of(a2e.image_to_video.list(page_size=3)) == made
    assert sandbox.ledger.count("image_to_video.list") == requests


@pytest.mark.parametrize(("resource", "constant"), PAGED, ids=[f"{name}.{const}" for name, const in PAGED])
async def test_every_list_is_an_iterator_that_ends(resource: str, constant: str, a2e: A2E) -> None:
    pages = getattr(getattr(a2e, resource), constant.lower())()
    assert isinstance(pages, Pages)
    records = [record async for record in pages]
    assert [record async for record in pages] == records, "it can be read again"


@pytest.mark.parametrize("resource", ["image_to_video", "nano_banana", "flux2"])
async def test_tasks_started_while_the_list_is_read(resource: str, a2e: A2E) -> None:
    made = await started(a2e, resource, 7)
    found = []
    async for record in getattr(a2e, resource).list(page_size=2):
        found.append(record.id)
        if len(found) in (2, 4):
            await started(a2e, resource, 3)
    assert [identity for identity in found if identity in made] == made
    assert len(found) == len(set(found))


async def test_tasks_deleted_while_the_list_is_read(a2e: A2E, sandbox: Sandbox) -> None:
    made = await started(a2e, "image_to_video", 11)
    sandbox.clock.advance(1000)  # type: ignore[attr-defined]  # a VirtualClock
    found = []
    async for record in a2e.image_to_video.list(page_size=3):
        found.append(record.id)
        await a2e.image_to_video.delete(str(record.id))
    assert found == made
    assert await ids_of(a2e.image_to_video.list()) == []


async def test_tasks_that_leave_the_status_asked_for(a2e: A2E, sandbox: Sandbox) -> None:
    """In a list of one status, records move up when others change theirs."""
    made = await started(a2e, "flux2", 5)
    await sandbox.clock.sleep(1000)
    running = await started(a2e, "flux2", 2)
    completed = a2e.flux2.list(status="completed", page_size=2)
    assert await ids_of(completed) == made
    assert not set(running) & set(await ids_of(completed))
    found = []
    async for record in a2e.flux2.list(status="completed", page_size=2):
        found.append(record.id)
        await a2e.flux2.delete(str(record.id))
    assert found == made


async def test_lists_that_are_whole(a2e: A2E) -> None:
    made = [(await a2e.voice(name="x", voice_urls=[IMAGE]).run()).task.id for _ in range(2)][::-1]
    assert [record.id async for record in a2e.voice.training_record()] == made
    assert [record.id async for record in a2e.voice.completed_record()] == made


async def test_the_lists_of_video_twins(a2e: A2E) -> None:
    done = (await a2e.video_twin(video_url=media_url("video")).run()).task.id
    running = (await a2e.video_twin(video_url=media_url("video")).start()).id
    assert [record.id async for record in a2e.video_twin.user_records()] == [running, done]
    assert [record.id async for record in a2e.video_twin.training_records()] == [running]
    assert [record.anchor_id async for record in a2e.video_twin.list(status="completed")] != [None]


async def test_credits_and_previews_are_paged_too(a2e: A2E, sandbox: Sandbox) -> None:
    for number in range(5):
        await a2e.tts.send_tts(msg=f"take {number}", tts_id=ANCHOR)
    previews = [record async for record in a2e.tts.preview_list(page_size=2)]
    assert [record.raw["msg"] for record in previews] == [f"take {number}" for number in (4, 3, 2, 1, 0)]
    lines = [record async for record in a2e.transactions.credits_history(page_size=2)]
    assert len(lines) == 5
    assert sandbox.ledger.requests["GET /api/v1/transactionRecord/creditsHistory"] == 3


async def test_no_more_pages_than_are_read(a2e: A2E, sandbox: Sandbox) -> None:
    made = await started(a2e, "image_to_video", 7)
    assert [record.id for record in await a2e.image_to_video.list(page_size=2).first(3)] == made[:3]
    assert sandbox.ledger.count("image_to_video.list") == 2
    async for _ in a2e.image_to_video.list(page_size=2):
        break
    assert sandbox.ledger.count("image_to_video.list") == 3


@pytest.mark.parametrize("size", [0, -1, 101, "10", 2.5, True])
async def test_a_page_size_that_cannot_be(size: Any, a2e: A2E, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgument, match="page_size"):
        a2e.image_to_video.list(page_size=size)
    assert sandbox.ledger.count("api") == 0


async def test_only_records_of_the_own_family_are_in_a_list(a2e: A2E) -> None:
    made = await started(a2e, "flux2", 2)
    await started(a2e, "gpt_image", 2)
    assert await ids_of(a2e.flux2.list()) == made
