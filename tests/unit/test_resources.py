"""What every resource inherits: operations as methods, lists that turn their pages, files anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation, raw
from a2e_async.errors import InvalidArgument, NotFound, UnexpectedReply
from a2e_async.resources import Resource
from tests.unit.sample import GET, PATH, TOKEN, PictureRecord, Pictures, Service, client, ok, refused
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio


class Albums(Resource):
    """A resource that starts no tasks."""

    name = "albums"

    async def send(self, operation: Operation[Any], values: Mapping[str, Any], **options: Any) -> Any:
        return await self._request(operation, values, options)  # type: ignore[arg-type] # any keyword goes


ADD = Operation("POST", "/api/v1/album/add", raw, body=(Field("cover_url", str, media=True),), has_body=True)


async def test_an_operation_is_checked_sent_and_decoded() -> None:
    service = Service()
    pictures = Pictures(client(service))
    name = (await pictures(prompt="a kite").start()).id
    record = await pictures.get(name, extra_query={"deep": True}, extra_headers={"x-lang": "en"})
    assert isinstance(record, PictureRecord)
    assert record.id == name
    request = service.requests[-1]
    assert (request.method, str(request.url)) == ("GET", f"https://a2e.test{PATH}/{name}?deep=true")
    assert request.headers["x-lang"] == "en"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_what_is_refused_is_refused_before_anything_is_sent() -> None:
    service = Service()
    pictures = Pictures(client(service))
    for wrong in (pictures.get("a/b"), pictures.get("a", request_timeout=-1)):
        with pytest.raises(InvalidArgument):
            await wrong
    with pytest.raises(InvalidArgument, match="did you mean 'prompt'"):
        pictures(prompt="a", promt="a kite")  # type: ignore[call-arg]
    with pytest.raises(InvalidArgument, match="page_size"):
        pictures.list(page_size=1000)
    assert service.requests == []


async def test_an_error_comes_through() -> None:
    with pytest.raises(NotFound):
        await Pictures(client(Service())).get("67d2")
    service = Service(before=lambda service, request: ok("text"))
    with pytest.raises(UnexpectedReply):
        await Pictures(client(service)).get("67d2")


async def test_a_post_that_may_have_been_done_is_not_repeated() -> None:
    service = Service(before=lambda service, request: httpx.ReadError("reset"))
    with pytest.raises(Exception, match="reset"):
        await Albums(client(service)).send(ADD, {})
    assert len(service.requests) == 1


async def test_a_get_is_repeated() -> None:
    service = Service(
        before=lambda service, request: refused(500) if len(service.requests) < 3 else ok({"_id": "67d2"})
    )
    assert (await Pictures(client(service)).get("67d2")).id == "67d2"
    assert len(service.requests) == 3


async def test_files_go_up_in_any_operation() -> None:
    def storage(service: Service, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("presigned-url"):
            return ok({"uploadUrl": "https://storage.test/x", "cdnUrl": "https://cdn.test/x"})
        return httpx.Response(200) if request.url.host == "storage.test" else ok({"made": True})

    service = Service(before=storage)
    assert await Albums(client(service)).send(ADD, {"cover_url": b"\x89PNG\r\n\x1a\n0000"}) == {"made": True}
    assert json.loads(service.requests[-1].content) == {"cover_url": "https://cdn.test/x"}


async def test_a_list_over_the_client() -> None:
    service = Service()
    pictures = Pictures(client(service))
    for number in range(23):
        await pictures(prompt=str(number)).start()
    prompts = [record.raw["prompt"] async for record in pictures.list(page_size=10)]
    assert prompts == [str(number) for number in reversed(range(23))]
    assert service.lists == 3


async def test_a_list_that_is_left_early_reads_no_further() -> None:
    service = Service()
    pictures = Pictures(client(service))
    for number in range(23):
        await pictures(prompt=str(number)).start()
    async for record in pictures.list(page_size=10):
        if record.raw["prompt"] == "11":
            break
    assert service.lists == 2
    assert pictures.runtime.http.closed


def test_resources_print_by_name() -> None:
    assert repr(Pictures(client(Service()))) == "<a2e.pictures>"
    assert GET.path_fields[0].name == "id"
