"""Replies: whatever comes, it is data or an A2EError that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a2e_async._transport.envelope import Reply, open_envelope
from a2e_async.errors import (
    A2EError,
    APIError,
    AuthenticationError,
    InsufficientCredits,
    InvalidRequest,
    ModerationError,
    NotFound,
    NotReady,
    PermissionDenied,
    RateLimited,
    ServerError,
    UnexpectedReply,
)
from a2e_async.failures import Failure, classify


def reply(
    status: int, body: object = None, *, headers: Mapping[str, str] | None = None, method: str = "POST"
) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(method, "/api/v1/userImage2Video/start", status, headers or {}, content)


def error_of(status: int, body: object, **options: Any) -> APIError:
    with pytest.raises(APIError) as info:
        open_envelope(reply(status, body, **options))
    return info.value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
envelopes = st.dictionaries(
    st.sampled_from(
        ["code", "success", "data", "message", "msg", "error", "err_message", "errors", "trace_id", "_id"]
    ),
    json_values,
)
statuses = st.integers(200, 599)


@settings(deadline=None, max_examples=60)
@given(statuses, json_values | envelopes, st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_json_is_data_or_an_error_of_ours(status: int, body: object, method: str) -> None:
    try:
        open_envelope(reply(status, body, method=method))
    except A2EError as error:
        assert str(error)  # noqa: PT017 - one of two outcomes


@settings(deadline=None, max_examples=60)
@given(statuses, st.binary(max_size=60), st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_bytes_are_data_or_an_error_of_ours(status: int, content: bytes, method: str) -> None:
    try:
        open_envelope(reply(status, content, method=method))
    except A2EError as error:
        assert len(str(error)) < 2000  # noqa: PT017 - one of two outcomes


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"code":0,"data":' * 50_000,
        b'{"errors":' + b"[" * 900 + b"]" * 900 + b"}",
        b"9" * 10_000,
    ],
    ids=["open brackets", "open objects", "deep errors", "long number"],
)
@pytest.mark.parametrize("status", [200, 400])
def test_json_that_breaks_a_parser(status: int, content: bytes) -> None:
    try:
        open_envelope(reply(status, content))
    except A2EError as error:
        assert len(str(error)) < 2000  # noqa: PT017 - one of two outcomes


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ({"code": 0, "data": {"_id": "a"}, "trace_id": "t"}, {"_id": "a"}),
        ({"code": 0, "data": [1, 2]}, [1, 2]),
        ({"code": 0, "data": "https://x/y.mp3"}, "https://x/y.mp3"),
        ({"code": "0", "data": 1}, 1),
        ({"code": 200, "data": {"_id": "a"}, "message": "Task created successfully"}, {"_id": "a"}),
        ({"code": "200", "data": [{"_id": "a"}]}, [{"_id": "a"}]),
        ({"code": 201, "data": {"_id": "a"}}, {"_id": "a"}),
        ({"code": 200, "data": "65f0c0ffee00000000000001"}, "65f0c0ffee00000000000001"),
        ({"code": 200, "message": "Task created successfully"}, {"message": "Task created successfully"}),
        ({"code": 200, "data": {}, "message": "ok"}, {}),
        ({"code": 200, "data": []}, []),
        ({"code": "SUCCESS", "data": {"_id": "a"}}, {"_id": "a"}),
        ({"code": 1, "msg": "success", "data": {"_id": "a"}}, {"_id": "a"}),
        ({"code": 20000, "message": "操作成功", "data": [1]}, [1]),
        ({"code": 1, "success": True, "data": {"_id": "a"}}, {"_id": "a"}),
        ({"code": 0.0, "data": 1}, 1),
        ({"success": True, "data": {"a": 1}, "timestamp": "now"}, {"a": 1}),
        ({"success": True, "timestamp": "now"}, {}),
        ({"code": 0}, {}),
        ({"code": 0, "data": None}, None),
        ({"code": 0, "data": None, "message": "NSFW content detected"}, {"message": "NSFW content detected"}),
        ({"code": 0, "msg": "NSFW content detected"}, {"msg": "NSFW content detected"}),
        ({"code": 0, "coins": 3}, {"coins": 3}),
        ({"data": {"_id": "a"}}, {"_id": "a"}),
        ([{"_id": "a"}], [{"_id": "a"}]),
        ({"_id": "a", "error": "the task's own"}, {"_id": "a", "error": "the task's own"}),
        ({"id": "a", "error_code": "500"}, {"id": "a", "error_code": "500"}),
        ({"id": "a", "status": "failed"}, {"id": "a", "status": "failed"}),
        ({"code": 0, "data": {"error": "the task's own"}}, {"error": "the task's own"}),
        ("text", "text"),
        (None, None),
    ],
)
def test_success_in_every_spelling(body: object, data: object) -> None:
    assert open_envelope(reply(200, body)) == data


@pytest.mark.parametrize(
    "body",
    [
        {"code": 7, "message": "why"},
        {"code": 7, "msg": "why"},
        {"code": 7, "err_message": "why"},
        {"code": 7, "error": "why"},
        {"code": 7, "error": {"message": "why"}},
        {"code": 7, "data": {"failed_message": "why"}},
        {"code": 7, "data": {"message": "why"}},
        {"code": 7, "data": {"msg": "why"}},
        {"code": 7, "data": "why"},
        {"code": 7, "message": "why", "msg": "not this", "data": "nor this"},
        {"code": 7, "message": "", "msg": "why"},
        {"code": 7, "message": [7], "error": "why"},
        {"code": 7, "error_message": "why"},
        {"code": 7, "errorMessage": "why"},
        {"code": 7, "error_msg": "why"},
        {"code": 7, "error": {"msg": "why"}},
        {"code": 7, "error": {"error": {"message": "why"}}},
        {"code": 7, "detail": "why"},
        {"code": 7, "detail": ["why"]},
        {"code": 7, "message": ["why"]},
        {"code": 7, "message": {"text": "not known", "reason": "why"}},
        {"code": 7, "data": {"error_message": "why"}},
        {"code": 7, "data": {"fail_reason": "why"}},
        {"error_message": "why"},
        {"error": {"message": "why"}},
        {"error": {"message": "why", "type": "invalid_request_error"}, "id": ""},
        {"success": False, "error": "why", "code": "BAD", "timestamp": "now"},
        {"success": False, "msg": "why", "data": None},
        {"error": "why"},
        {"err_message": "why"},
    ],
)
def test_the_services_words_wherever_they_stand(body: Mapping[str, object]) -> None:
    for status in (200, 400):
        error = error_of(status, body)
        assert type(error) is InvalidRequest
        assert error.message == "why"
        assert error.status == status
        assert error.body == body
        assert error.code == body.get("code")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            {"detail": [{"loc": ["body", "prompt"], "msg": "field required", "type": "missing"}]},
            "body.prompt: field required",
        ),
        (
            {"detail": [{"loc": ["body", "images", 0], "msg": "bad"}, {"msg": "worse"}]},
            "body.images.0: bad; worse",
        ),
        ({"detail": {"field": "prompt", "message": "is empty"}}, "prompt: is empty"),
        (
            {"message": ["width is too large", "height too"], "statusCode": 400},
            "width is too large; height too",
        ),
        ({"errors": ["width is too large"]}, '["width is too large"]'),
        ({"code": 400, "errors": {"prompt": ["不能为空"]}}, '{"prompt": ["不能为空"]}'),
        ({"title": "Bad Request", "detail": "why", "status": 400}, "why"),
        (["why", "and why"], "why; and why"),
        ("why", "why"),
        ({"message": "lone \ud800 half"}, "lone \ufffd half"),
    ],
)
def test_the_words_of_other_frameworks(body: object, text: str) -> None:
    error = error_of(400, body)
    assert type(error) is InvalidRequest
    assert error.message == text


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 404, "message": "no such voice"},
        {"status": 404, "title": "no such voice"},
        {"error": {"code": 404, "message": "no such voice"}},
        {"errcode": "404", "errmsg": "no such voice"},
    ],
)
def test_an_error_without_an_envelope_is_no_success(body: object) -> None:
    error = error_of(200, body)
    assert type(error) is NotFound
    assert error.message == "no such voice"
    assert error.code in (404, "404")


def test_the_errors_of_a_validation_are_told() -> None:
    error = error_of(400, {"message": "bad", "errors": [{"path": "prompt", "why": "missing"}]})
    assert "prompt" in str(error)
    assert "missing" in str(error)


def test_an_error_names_request_status_code_and_trace() -> None:
    error = error_of(400, {"code": 30005, "message": "both", "trace_id": "t-1"})
    assert str(error) == "both (POST /api/v1/userImage2Video/start: HTTP 400, code 30005, trace_id t-1)"
    assert (error.method, error.path) == ("POST", "/api/v1/userImage2Video/start")
    assert (error.code, error.trace_id) == (30005, "t-1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        (402, InsufficientCredits),
        (403, PermissionDenied),
        (404, NotFound),
        (405, APIError),
        (409, APIError),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (504, ServerError),
        (599, ServerError),
    ],
)
@pytest.mark.parametrize("body", [{"message": "why"}, b""], ids=["json", "empty"])
def test_the_kind_by_status(status: int, kind: type[APIError], body: object) -> None:
    assert type(error_of(status, body)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        ("401", AuthenticationError),
        (402, InsufficientCredits),
        (403, PermissionDenied),
        (404, NotFound),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
        (40101, AuthenticationError),
        (40200, InsufficientCredits),
        (408, ServerError),
        (504, ServerError),
        (7, InvalidRequest),
        (1, InvalidRequest),
        (-1, InvalidRequest),
        ("E_WHATEVER", InvalidRequest),
        (True, InvalidRequest),
        ("", InvalidRequest),
        (10**400, InvalidRequest),
        (float("nan"), InvalidRequest),
        (float("inf"), InvalidRequest),
        ([], InvalidRequest),
        ("²", InvalidRequest),
    ],
)
def test_a_200_that_is_none(code: object, kind: type[APIError]) -> None:
    assert type(error_of(200, {"code": code, "data": {"_id": "a"}})) is kind


@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize("code", [1003, 1004, "1003", "1004", 1003.0])
def test_moderation_codes_come_first(status: int, code: object) -> None:
    assert type(error_of(status, {"code": code, "message": "minor detected"})) is ModerationError


@pytest.mark.parametrize(
    "text",
    [
        "Insufficient coins",
        "insufficient credits",
        "Insufficient user balance",
        "INSUFFICIENT_BALANCE",
        "Not enough coins",
        "You don't have enough coins",
        "coins not enough",
        "Your balance is insufficient",
        "Credits are too low",
        "run out of credits",
        "no more coins",
        "余额不足",
    ],
)
def test_no_coins_by_text(text: str) -> None:
    for status in (200, 400, 403):
        assert type(error_of(status, {"code": 7, "message": text})) is InsufficientCredits, status


def test_no_coins_by_code_word() -> None:
    assert type(error_of(400, {"code": "INSUFFICIENT_COINS", "message": "no"})) is InsufficientCredits


@pytest.mark.parametrize("text", ["insufficient resolution", "not enough images", "the coin in the picture"])
def test_other_shortages_are_not_about_coins(text: str) -> None:
    assert type(error_of(400, {"message": text})) is InvalidRequest


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (-1, "Internal Server Error"),
        (1, "socket hang up"),
        (7, "502 Bad Gateway"),
        (-1, "request timed out"),
        (-1, "timeout"),
        (7, "请求超时"),
    ],
)
def test_a_gateways_words_in_a_200_say_that_nothing_is_known(code: int, message: str) -> None:
    assert type(error_of(200, {"code": code, "message": message})) is ServerError


@pytest.mark.parametrize(
    "message", ["Request failed", "image download timed out", "timeout must be a number"]
)
def test_other_words_in_a_200_are_a_refusal(message: str) -> None:
    assert type(error_of(200, {"code": -1, "message": message})) is InvalidRequest


def test_a_read_that_is_answered_with_code_202_has_no_answer_yet() -> None:
    assert type(error_of(200, {"code": 202, "message": "rendering"}, method="GET")) is NotReady
    assert open_envelope(reply(200, {"code": 202, "message": "queued"})) == {"message": "queued"}
    assert open_envelope(reply(200, {"code": 202, "data": {"_id": "a"}}, method="GET")) == {"_id": "a"}


PAGE = b"\n <!doctype html><html><body>404</body></html>"


@pytest.mark.parametrize("status", [200, 301, 400, 403, 404, 418])
def test_an_html_page_asks_for_the_base_url(status: int) -> None:
    error = error_of(status, PAGE)
    assert type(error) is UnexpectedReply
    assert "HTML" in str(error)
    assert "base URL" in str(error)
    assert error.status == status


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (429, RateLimited), (502, ServerError)]
)
def test_an_html_page_of_a_gateway_keeps_its_meaning(status: int, kind: type[APIError]) -> None:
    assert type(error_of(status, PAGE)) is kind


ODD_BODIES: list[object] = [
    PAGE,
    b"upstream request timeout",
    b"",
    b'{"code":0,"data":{"_id":"a"',
    b"\xff\xfe\x00",
    {"code": 0, "data": {"_id": "a"}},
    {"code": 400, "message": "bad"},
    {"code": 401, "message": "invalid token"},
    {"message": "Insufficient coins"},
    ["why"],
    "why",
    None,
    7,
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=repr)
def test_the_status_comes_before_the_shape(body: object) -> None:
    """Whatever stands in it: the request may have been done."""
    for status in (408, 425, 444, 460, 499, 500, 502, 503, 504, 520, 524, 529):
        assert classify(error_of(status, body)) is Failure.UNKNOWN, status


@pytest.mark.parametrize("body", ODD_BODIES, ids=repr)
def test_a_refusal_is_one_in_every_shape(body: object) -> None:
    for status in (301, 302, 307, 308, 400, 401, 403, 404, 405, 413):
        assert classify(error_of(status, body)) is Failure.FINAL, status
    for status in (303, 304):
        assert classify(error_of(status, body)) is Failure.UNKNOWN, status


@pytest.mark.parametrize("content", [PAGE, b"upstream request timeout", b"", b'{"code":0,"da', b"\xff\xfe"])
def test_a_200_that_cannot_be_read_decides_nothing(content: bytes) -> None:
    assert classify(error_of(200, content)) is Failure.UNKNOWN


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("content", [b"", b"  \n"])
def test_an_empty_200_is_no_success(method: str, content: bytes) -> None:
    error = error_of(200, content, method=method)
    assert type(error) is UnexpectedReply
    assert "empty" in str(error)


@pytest.mark.parametrize(("status", "method"), [(202, "POST"), (204, "POST"), (200, "DELETE")])
def test_an_empty_reply_where_nothing_is_to_be_said(status: int, method: str) -> None:
    assert open_envelope(reply(status, b"", method=method)) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", {"code": 202, "message": "later"}, {"code": 0, "data": {"_id": "a"}}, {"code": 0}],
)
def test_a_read_that_is_answered_with_202_has_no_answer_yet(content: Any) -> None:
    error = error_of(202, content, method="GET")
    assert type(error) is NotReady
    assert error.status == 202


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 399])
def test_a_redirect_is_not_an_answer(status: int) -> None:
    assert type(error_of(status, {"code": 0, "data": {"_id": "a"}})) is UnexpectedReply


@pytest.mark.parametrize("content", [b"{", b"not json", b"\xff\xfe\x00", b'{"code":0,"data":{"_id":"a"'])
def test_what_is_cut_short_or_no_json_is_unexpected(content: bytes) -> None:
    error = error_of(200, content)
    assert type(error) is UnexpectedReply
    assert "not JSON" in str(error)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("soon", None), (None, None)])
def test_retry_after(status: int, header: str | None, seconds: float | None) -> None:
    error = error_of(status, {"message": "slow"}, headers={} if header is None else {"retry-after": header})
    assert isinstance(error, RateLimited | ServerError)
    assert error.retry_after == seconds


def test_a_retry_after_that_is_a_date() -> None:
    with pytest.raises(RateLimited) as info:
        open_envelope(
            reply(429, {}, headers={"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}),
            now=40.0,
        )
    assert info.value.retry_after == 60.0


def test_an_empty_reply_is_a_success_where_none_is_declared() -> None:
    assert open_envelope(reply(200, b""), may_be_empty=True) is None
    with pytest.raises(UnexpectedReply, match="an empty reply"):
        open_envelope(reply(200, b""))
    with pytest.raises(ServerError):
        open_envelope(reply(502, b""), may_be_empty=True)
    with pytest.raises(UnexpectedReply):
        open_envelope(reply(200, b"<html>"), may_be_empty=True)


def test_what_is_not_found_is_not_the_account() -> None:
    assert type(error_of(404, {"code": 404, "message": "Token not found"})) is NotFound
    assert type(error_of(401, {"code": 404, "message": "Token not found"})) is AuthenticationError
