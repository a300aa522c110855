"""Errors that concern the account: known by their words, whatever number came with them."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from a2e_async._transport.envelope import Reply, open_envelope
from a2e_async.errors import (
    APIError,
    AuthenticationError,
    InsufficientCredits,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    PlanRequired,
    RateLimited,
)
from a2e_async.failures import Failure, classify, concerns_account


def error_of(status: int, body: object, method: str = "POST") -> APIError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(APIError) as info:
        open_envelope(Reply(method, "/api/v1/userImage2Video/start", status, {}, content))
    return info.value


def data_of(body: object) -> Any:
    return open_envelope(Reply("GET", "/api/v1/x", 200, {}, json.dumps(body).encode()))


BAD_TOKENS = [
    "invalid token",
    "Invalid Token.",
    "INVALID_TOKEN",
    "invalid access token",
    "Invalid API key provided",
    "invalid api-key",
    "The token is invalid",
    "token expired",
    "Token has expired",
    "TOKEN_EXPIRED",
    "jwt expired",
    "jwt malformed",
    "expired token",
    "token is missing",
    "No token provided",
    "Missing bearer token",
    "token has been revoked",
    "token not found",
    "unauthorized",
    "Unauthorised",
    "401 Unauthorized",
    "Unauthorized access",
    "Not authenticated",
    "Please log in",
    "You are not logged in",
    "Login required",
    "Authentication failed",
    "Authentication credentials were not provided: authentication required",
    "token无效",
    "无效的token",
    "令牌已过期",
    "token 已失效",
    "登录已过期",
    "请先登录",
    "未登录",
    "未授权",
    "身份验证失败",
    "權杖: 無效的 token",
]
NO_PLAN = [
    "API access is not available for free users. Please upgrade your plan.",
    "Free users cannot use this endpoint",
    "Not available on the free plan",
    "API access requires a paid plan",
    "Your plan does not include API access",
    "Your subscription does not support API calls",
    "Please upgrade to use the API: your current plan has no access",
    "The API is only for VIP members",
    "免费用户无法使用该功能",
    "当前套餐不支持API",
]
NO_COINS = [
    "Insufficient coins",
    "INSUFFICIENT_BALANCE",
    "not enough credits left",
    "You don't have enough A2E coins",
    "out of credits",
    "Your credits are exhausted",
    "credit balance too low",
    "Balance is too low",
    "This exceeds your balance",
    "You need 30 more coins",
    "no coins left",
    "No credits remaining",
    "Insufficient funds",
    "Payment Required",
    "Please recharge your account",
    "please top-up",
    "余额不足",
    "积分不足, 请充值",
    "金币余额不足",
    "金币不够",
    "您没有足够的积分",
    "餘額不足",
]
ACCOUNT = [
    *((text, AuthenticationError) for text in BAD_TOKENS),
    *((text, PlanRequired) for text in NO_PLAN),
    *((text, InsufficientCredits) for text in NO_COINS),
]


NUMBERS = [(200, -1), (200, 0), (200, 200), (200, 1), (200, 403), (200, 500), (400, 400), (403, 403)]


@pytest.mark.parametrize(("text", "kind"), ACCOUNT)
def test_the_words_decide_whatever_the_number(text: str, kind: type[APIError]) -> None:
    for status, code in NUMBERS:
        for body in (
            {"code": code, "msg": text},
            {"code": code, "data": None, "message": text},
            {"code": code, "data": {}, "message": text},
            {"code": code, "data": {"message": text}},
        ):
            error = error_of(status, body)
            assert type(error) is kind, (status, body)
            assert text in str(error), (status, body)
            assert concerns_account(error), (status, body)
            assert classify(error) is Failure.FINAL, (status, body)


@pytest.mark.parametrize(("text", "kind"), ACCOUNT)
def test_the_words_decide_in_every_envelope(text: str, kind: type[APIError]) -> None:
    for body in (
        {"success": False, "error": text},
        {"success": True, "message": text},
        {"error": {"message": text}},
        {"message": text},
        {"detail": text},
        {"code": None, "data": None, "msg": text},
    ):
        assert type(error_of(200, body)) is kind, body


@pytest.mark.parametrize(("text", "kind"), ACCOUNT)
def test_a_line_of_plain_text_is_read_too(text: str, kind: type[APIError]) -> None:
    for status in (200, 400, 403):
        assert type(error_of(status, text.encode())) is kind, status


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("INVALID_TOKEN", AuthenticationError),
        ("unauthorized", AuthenticationError),
        ("TOKEN_EXPIRED", AuthenticationError),
        ("INSUFFICIENT_COINS", InsufficientCredits),
        ("payment_required", InsufficientCredits),
        ("FREE_PLAN_NOT_ALLOWED", PlanRequired),
    ],
)
def test_a_word_as_the_code(code: str, kind: type[APIError]) -> None:
    assert type(error_of(200, {"code": code, "message": "refused"})) is kind
    assert type(error_of(400, {"error": {"code": code, "message": "refused"}})) is kind


@pytest.mark.parametrize(
    "text",
    [
        "content moderation failed",
        "The content was blocked by moderation",
        "Voice clone quota exceeded",
        "Voice clone quota exceeded, please upgrade your plan",
        "You have exceeded the maximum number of API tasks of your plan",
        "wan2.7 requires VIP or Max membership",
        "This resolution is only available on the Pro plan",
        "You are not authorized to use this voice",
        "webhook_token is invalid",
        "invalid turnstile_token",
        "captcha token expired",
        "invalid token count",
        "参数验证失败",
        "声音克隆配额不足",
        "肖像未授权使用",
        "the prompt is too long",
        "insufficient resolution",
    ],
)
def test_what_concerns_one_job_does_not_concern_the_account(text: str) -> None:
    for status, kind in ((403, PermissionDenied), (400, InvalidRequest), (200, InvalidRequest)):
        error = error_of(status, {"code": 7, "message": text})
        assert type(error) is kind
        assert not concerns_account(error)


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "data": {"_id": "a"}, "message": "invalid token"},
        {"code": 0, "data": [{"_id": "a", "failed_message": "Insufficient coins"}]},
        {"code": 0, "data": [], "message": "No credit history"},
        {"code": 0, "data": [], "message": "no records found"},
        {"code": 0, "data": "A pirate who has not enough coins and an invalid token"},
        {"code": 0, "data": {"message": "Please wave into the camera"}},
        {"code": 200, "data": {}, "message": "Task created successfully"},
        {"_id": "a", "message": "invalid token"},
    ],
)
def test_a_result_is_not_taken_for_an_error(body: dict[str, Any]) -> None:
    assert data_of(body) == body.get("data", body)


@pytest.mark.parametrize("text", ["invalid token", "Insufficient coins.", "余额不足！"])  # noqa: RUF001
def test_data_that_is_nothing_but_such_words(text: str) -> None:
    assert concerns_account(error_of(200, {"code": 0, "data": text}))
    assert concerns_account(error_of(200, text))


def test_the_free_plan_says_what_to_do() -> None:
    body = {"code": 403, "msg": "API access is not available for free users. Please upgrade your plan."}
    error = error_of(403, body)
    assert isinstance(error, PermissionDenied)
    assert type(error) is PlanRequired
    assert error.message == body["msg"]
    for words in ("free users", "every call is refused", "paid plan", "HTTP 403"):
        assert words in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("text", ["Token not found", NO_PLAN[0], NO_COINS[0]])
def test_a_404_concerns_what_was_asked_for(text: str) -> None:
    assert type(error_of(404, {"message": text})) is NotFound


@pytest.mark.parametrize("status", [401, 402])
def test_the_plan_is_named_whatever_the_status(status: int) -> None:
    assert type(error_of(status, {"message": NO_PLAN[0]})) is PlanRequired


def test_too_many_requests_stay_so_whatever_they_say_about_a_plan() -> None:
    text = "Too many requests on the free plan, upgrade for API access"
    assert type(error_of(429, {"message": text})) is RateLimited
    assert type(error_of(429, {"message": "Insufficient credits"})) is InsufficientCredits


@pytest.mark.parametrize("text", BAD_TOKENS + NO_COINS)
def test_a_fault_of_the_server_is_not_the_accounts(text: str) -> None:
    """It may be about the token or the balance that the service itself has at a provider."""
    for status in (408, 500, 502):
        error = error_of(status, {"code": -1, "message": text})
        assert not concerns_account(error)
        assert classify(error) is Failure.UNKNOWN


def test_a_long_text_is_searched_quickly() -> None:
    for text in ("a " * 250, "no " * 160, "token " * 80, "insufficient " * 40, "api plan " * 55):
        error_of(400, {"message": text})
