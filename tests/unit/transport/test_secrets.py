"""The token and the signatures of URLs show nowhere, whatever the service echoes and the library logs."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from a2e_async import A2E, A2EError, RetryPolicy, TaskFailed
from tests.unit.sample import BASE, TOKEN, Pictures, Sketches, client, ok

pytestmark = pytest.mark.anyio

ESCAPED = TOKEN.replace(".", "\\u002e")


def a2e_over(answer: Callable[[httpx.Request], httpx.Response]) -> A2E:
    return client(httpx.MockTransport(answer), retry=RetryPolicy(attempts=1))


def everything_of(error: BaseException) -> str:
    """All texts of an error: those of its pickled copy, its causes and their frames' locals too."""
    copy = pickle.loads(pickle.dumps(error))
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    return repr([str(error), error.args, vars(error), str(copy), vars(copy), shown])


REPLIES = {
    "text": httpx.Response(401, text=f"bad token {TOKEN}"),
    "json": httpx.Response(400, json={"code": 400, "message": f"got {TOKEN}"}),
    "header": httpx.Response(400, json={"request": {"headers": {"authorization": f"Bearer {TOKEN}"}}}),
    "key": httpx.Response(400, json={TOKEN: 1}),
    "trace": httpx.Response(400, json={"code": TOKEN, "message": "no", "trace_id": TOKEN}),
    "escaped": httpx.Response(400, content=f'{{"message": "got {ESCAPED}"}}'.encode()),
    "utf-16": httpx.Response(400, content=f'{{"message": "got {TOKEN}"}}'.encode("utf-16")),
    "page": httpx.Response(502, text=f"<html>{TOKEN}</html>"),
    "redirect": httpx.Response(302, headers={"location": f"https://{TOKEN}.test/"}),
    "inside 200": httpx.Response(200, json={"code": 1, "message": f"got {TOKEN}", "data": None}),
}


@pytest.mark.parametrize("reply", list(REPLIES))
async def test_errors_do_not_show_a_token_that_the_service_echoes(reply: str) -> None:
    a2e = a2e_over(lambda request: REPLIES[reply])
    with pytest.raises(A2EError) as info:
        await a2e.request("POST", "/api/v1/x", body={"a": 1})
    assert TOKEN not in everything_of(info.value)
    assert "sk_test" not in everything_of(info.value)


@pytest.mark.parametrize("kind", [httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectError])
async def test_errors_of_the_library_do_not_show_it(kind: type[Exception]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(f"illegal line: bytearray(b'{TOKEN}')") from ValueError(f"Bearer {TOKEN}")

    with pytest.raises(A2EError) as info:
        await a2e_over(fail).request("POST", "/api/v1/x")
    assert TOKEN not in everything_of(info.value)


async def test_a_token_that_is_pasted_as_an_id_does_not_show() -> None:
    a2e = a2e_over(lambda request: httpx.Response(404, json={"message": f"no {request.url.path}"}))
    with pytest.raises(A2EError) as info:
        await a2e.request("GET", f"/api/v1/x/{TOKEN}")
    assert TOKEN not in everything_of(info.value)


async def test_records_do_not_hold_a_token_that_the_service_echoes() -> None:
    task = {"_id": "a" * 24, "current_status": "failed", "failed_message": f"for Bearer {TOKEN}"}
    a2e = a2e_over(lambda request: ok([task] if request.url.path.endswith("batchDetail") else task))
    with pytest.raises(TaskFailed) as info:
        await Sketches(a2e)(prompt="a kite").run()
    assert TOKEN not in everything_of(info.value)
    assert TOKEN not in json.dumps(info.value.record.raw)
    started = await Pictures(a2e)(prompt="a kite").start()
    assert TOKEN not in pickle.dumps(started.raws).decode("latin-1")


async def test_who_manages_tokens_sees_them() -> None:
    a2e = a2e_over(lambda request: ok([{"_id": "a", "token": TOKEN}]))
    assert [record.raw["token"] async for record in a2e.tokens.list()] == [TOKEN]


LIBRARY = ("httpx", "httpcore.http11", "httpcore.connection")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    for name in LIBRARY:
        caplog.set_level(logging.DEBUG, name)
    return caplog


async def test_the_librarys_lines_show_no_query_while_we_send(lines: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        where = "https://storage.test/a?X-Signature=signed-one"
        logging.getLogger("httpcore.http11").debug("receive_response_headers (b'Location', b'%s')", where)
        return ok({})

    a2e = a2e_over(answer)
    await a2e.request("GET", "/api/v1/x", query={"code": "hidden"})
    async with a2e.runtime.http.stream("PUT", f"{BASE}/b?X-Signature=signed-two", headers={}) as response:
        await response.aread()

    assert f"HTTP Request: GET {BASE}/api/v1/x?..." in lines.text
    assert f"HTTP Request: PUT {BASE}/b?..." in lines.text
    assert not any(word in lines.text for word in ("hidden", "signed"))


async def test_what_others_send_with_the_library_is_logged_as_ever(lines: Any) -> None:
    await a2e_over(lambda request: ok({})).request("GET", "/api/v1/x")
    other = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: ok({})))
    async with other:
        await other.get("https://other.test/x?page=2")
    assert "https://other.test/x?page=2" in lines.text
