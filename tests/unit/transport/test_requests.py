"""API requests: where they go, what they carry, and what is repeated."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from a2e_async._spec.operation import Call, Operation, many, one, raw, text
from a2e_async._transport.connections import Connections
from a2e_async._transport.requests import Transport
from a2e_async.clock import SystemClock
from a2e_async.errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    InvalidArgument,
    InvalidRequest,
    ServerError,
    TransportError,
    UnexpectedReply,
)
from a2e_async.policies import RetryPolicy
from a2e_async.settings import Settings, Token
from tests.unit.sample import BASE, TOKEN, PictureRecord, ok, refused
from tests.virtual_time import anyio_backend

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

CALL = Call("GET", "/api/v1/userPicture/x")
POST = Call("POST", "/api/v1/userPicture/start", body={"prompt": "é"})


class Answers:
    """Answers requests one after the other; the last answer goes on."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.requests: list[httpx.Request] = []
        self.moments: list[float] = []
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)
        self._last: httpx.Response | Exception | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.moments.append(anyio.current_time())
        self._last = next(self._answers, self._last)
        assert self._last is not None
        if isinstance(self._last, Exception):
            raise self._last
        return self._last

    @property
    def pauses(self) -> list[float]:
        return [round(b - a, 3) for a, b in zip(self.moments, self.moments[1:], strict=False)]


def transport_to(answers: Any, *, base: str = BASE, retry: RetryPolicy | None = None) -> Transport:
    http = Connections(transport=httpx.MockTransport(answers), max_connections=8, timeout=5.0)
    settings = Settings(Token(TOKEN), base, 5.0, 8)
    return Transport(http, settings, retry or RetryPolicy(random=lambda: 1.0), SystemClock())


async def test_a_request_goes_to_the_configured_host_with_prefix_and_token() -> None:
    answers = Answers(ok({"a": 1}))
    transport = transport_to(answers, base="https://white.label/a2e")
    call = Call("GET", "/api/v1/x", {"pageNum": 2, "flag": True, "q": "a b&c"})
    assert await transport.once(call) == {"a": 1}
    (request,) = answers.requests
    space = "%20" if httpx.__version__.startswith("0.27.") else "+"
    assert str(request.url) == f"https://white.label/a2e/api/v1/x?pageNum=2&flag=true&q=a{space}b%26c"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"
    assert "content-type" not in request.headers
    assert transport.requests == 1


async def test_a_body_goes_as_utf8_json() -> None:
    answers = Answers(ok({}))
    await transport_to(answers).once(POST)
    (request,) = answers.requests
    assert request.content == '{"prompt": "é"}'.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.content))


async def test_an_empty_body_is_sent_where_one_is_wanted() -> None:
    answers = Answers(ok({}))
    await transport_to(answers).once(Call("POST", "/x", body={}))
    assert answers.requests[0].content == b"{}"


async def test_a_callers_header_replaces_the_usual_one_whatever_its_case() -> None:
    answers = Answers(ok({}))
    await transport_to(answers).once(Call("GET", "/x", headers={"Accept": "text/plain", "X-Lang": "en"}))
    (request,) = answers.requests
    assert request.headers.get_list("accept") == ["text/plain"]
    assert request.headers["x-lang"] == "en"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), "\ud800"])
async def test_what_is_no_json_is_not_sent(value: object) -> None:
    answers = Answers(ok({}))
    with pytest.raises(InvalidArgument, match="body"):
        await transport_to(answers).once(Call("POST", "/x", body={"prompt": value}))
    assert answers.requests == []


async def test_a_body_without_end_is_not_sent() -> None:
    deep: dict[str, Any] = {}
    for _ in range(20_000):
        deep = {"x": deep}
    with pytest.raises(InvalidArgument, match="body"):
        await transport_to(Answers(ok({}))).once(Call("POST", "/x", body=deep))


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(500, content=b"<html>"),
        httpx.Response(503, json={"message": "down"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b'{"code": 0, "da'),
        httpx.Response(200, content=b""),
    ],
    ids=repr,
)
class TestUnknownOutcome:
    async def test_a_read_is_repeated(self, failure: Any) -> None:
        answers = Answers(failure, failure, ok({"a": 1}))
        assert await transport_to(answers).send(CALL, repeatable=True) == {"a": 1}
        assert answers.pauses == [0.5, 1.0]

    async def test_what_may_have_been_done_is_not(self, failure: Any) -> None:
        answers = Answers(failure, ok({"a": 1}))
        with pytest.raises((APIError, TransportError)):
            await transport_to(answers).send(POST, repeatable=False)
        assert len(answers.requests) == 1

    async def test_an_error_says_that_it_was_sent_once_and_why(self, failure: Any) -> None:
        answers = Answers(failure, ok({"a": 1}))
        with pytest.raises(
            (APIError, TransportError), match="sent once and not again: it may have been done"
        ) as info:
            await transport_to(answers).request(Operation("GET", "/api/v1/x/refresh", raw), CALL)
        assert type(pickle.loads(pickle.dumps(info.value))) is type(info.value)
        assert len(answers.requests) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("last", ["replaceBackground", "list", "batchDetail", "quote", "{_id}", "retry"])
async def test_nothing_is_repeated_because_of_its_verb_or_name(method: str, last: str) -> None:
    operation = Operation(method, f"/api/v1/userPicture/{last}", raw)
    answers = Answers(httpx.ReadError("reset"), ok({}))
    with pytest.raises(ConnectionFailed, match="sent once"):
        await transport_to(answers).request(operation, Call(method, "/api/v1/userPicture/x"))
    assert len(answers.requests) == 1


async def test_what_is_known_to_do_no_harm_is_repeated_whatever_its_verb() -> None:
    operation = Operation("POST", "/api/v1/userPicture/quote", raw, repeatable=True)
    answers = Answers(httpx.ReadError("reset"), refused(502), ok({"a": 1}))
    assert await transport_to(answers).request(operation, POST) == {"a": 1}


@pytest.mark.parametrize(
    "answer", [refused(400), refused(401), httpx.Response(202, json={"code": 202})], ids=repr
)
async def test_an_answer_is_not_said_to_be_lost(answer: httpx.Response) -> None:
    with pytest.raises(APIError) as info:
        await transport_to(Answers(answer)).send(CALL, repeatable=False)
    assert "sent once" not in str(info.value)


DOCS = b"<!DOCTYPE html><html><title>A2E docs</title></html>"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=DOCS),
        httpx.Response(404, content=DOCS),
        httpx.Response(405, content=DOCS),
        httpx.Response(302, headers={"location": "https://api.a2e.ai/docs"}),
    ],
    ids=repr,
)
async def test_the_documentations_host_is_named_and_asked_once(answer: httpx.Response) -> None:
    answers = Answers(answer)
    with pytest.raises(ConfigurationError, match=r"base URL is https://video\.a2e\.ai"):
        await transport_to(answers, base="https://api.a2e.ai").send(POST, repeatable=True)
    assert len(answers.requests) == 1


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), refused(429)], ids=repr
)
async def test_what_provably_was_not_done_is_repeated(failure: Any, repeatable: bool) -> None:
    answers = Answers(failure, ok({"a": 1}))
    assert await transport_to(answers).send(POST, repeatable=repeatable) == {"a": 1}
    assert len(answers.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409])
async def test_an_answer_is_final(status: int) -> None:
    answers = Answers(refused(status), ok({}))
    with pytest.raises(APIError):
        await transport_to(answers).send(CALL, repeatable=True)
    assert len(answers.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_final_and_not_followed(status: int) -> None:
    answers = Answers(httpx.Response(status, headers={"location": "https://elsewhere.test/"}), ok({}))
    with pytest.raises(UnexpectedReply, match=r"redirect to elsewhere\.test"):
        await transport_to(answers).send(CALL, repeatable=True)
    assert len(answers.requests) == 1


async def test_it_gives_up_after_the_last_attempt() -> None:
    answers = Answers(refused(500))
    with pytest.raises(ServerError):
        await transport_to(answers, retry=RetryPolicy(attempts=3, random=lambda: 1.0)).send(
            CALL, repeatable=True
        )
    assert answers.pauses == [0.5, 1.0]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_is_kept(status: int) -> None:
    answers = Answers(refused(status, Retry_After="7"), ok({}))
    await transport_to(answers).send(CALL, repeatable=True)
    assert len(answers.pauses) == 1
    assert 7.0 <= answers.pauses[0] <= 7.5


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_beyond_patience_is_cut_and_then_asked_again(status: int) -> None:
    answers = Answers(refused(status, Retry_After="3600"), ok({}))
    await transport_to(answers).send(CALL, repeatable=True)
    assert len(answers.pauses) == 1
    assert 120.0 <= answers.pauses[0] <= 120.5


async def test_a_timeout_of_one_call() -> None:
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return ok({})

    transport = transport_to(answer)
    await transport.once(CALL)
    await transport.once(Call("GET", "/x", timeout=90.0))
    await transport.once(Call("GET", "/x", timeout=0.5))
    assert [each["read"] for each in seen] == [5.0, 90.0, 0.5]
    assert [each["connect"] for each in seen] == [4.0, 5.0, 0.4]
    assert [each["pool"] for each in seen] == [None] * 3


@pytest.mark.parametrize(
    ("reply", "data"),
    [
        (one(PictureRecord), "text"),
        (many(PictureRecord), "text"),
        (text, {"a": 1}),
        (one(PictureRecord), None),
    ],
)
async def test_a_reply_of_another_shape_is_unexpected(reply: Any, data: object) -> None:
    with pytest.raises(UnexpectedReply) as info:
        await transport_to(Answers(ok(data))).request(Operation("GET", "/x", reply), Call("GET", "/x"))
    assert info.value.body == data


async def test_a_reply_is_decoded() -> None:
    operation = Operation("GET", "/x", raw)
    assert await transport_to(Answers(ok([1]))).request(operation, Call("GET", "/x")) == [1]


async def test_a_stream_sends_query_and_wants_no_packing() -> None:
    answers = Answers(
        httpx.Response(200, headers={"content-type": "text/event-stream"}, content=b"data: 1\n\n")
    )
    call = Call("POST", "/x", {"a": 1}, {"stream": True})
    async with transport_to(answers).stream(call) as response:
        assert await response.aread() == b"data: 1\n\n"
    (request,) = answers.requests
    assert request.url.query == b"a=1"
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(401), AuthenticationError),
        (httpx.Response(200, json={"code": 7, "message": "no"}), InvalidRequest),
        (ok({"prompt": "not streamed"}), UnexpectedReply),
        (httpx.Response(302, headers={"location": "https://elsewhere.test/"}), UnexpectedReply),
    ],
)
async def test_a_stream_that_is_none(answer: httpx.Response, kind: type[APIError]) -> None:
    answers = Answers(answer)
    with pytest.raises(kind):
        async with transport_to(answers).stream(Call("POST", "/x", body={})):
            pass
    assert len(answers.requests) == 1


async def test_logs_tell_what_happened_and_not_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = Answers(httpx.ReadError("reset"), ok({}))
    await transport_to(answers).send(
        Call("POST", "/api/v1/x", body={"prompt": "a secret wish"}, headers={"x-key": "hunter2"}),
        repeatable=True,
    )
    assert "POST /api/v1/x: ConnectionFailed; again in 0.50 s" in caplog.text
    assert "POST /api/v1/x: 200 in" in caplog.text
    for secret in (TOKEN, "secret wish", "hunter2"):
        assert secret not in caplog.text


async def test_a_pause_can_be_cancelled() -> None:
    answers = Answers(refused(500))
    with anyio.move_on_after(0.2) as scope:
        await transport_to(answers).send(CALL, repeatable=True)
    assert scope.cancelled_caught
    assert len(answers.requests) == 1


async def test_the_error_of_a_broken_exchange_names_the_request() -> None:
    with pytest.raises(ConnectionFailed) as info:
        await transport_to(Answers(httpx.ReadError("reset"))).once(POST)
    assert (info.value.method, info.value.path) == ("POST", "/api/v1/userPicture/start")
    assert json.dumps(TOKEN) not in str(info.value)
