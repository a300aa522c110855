"""Errors: whom they concern, whether they are final, and that their own words reach the user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.replies.parts import BATCH, BULK, DONE, IMAGE, MADE, RUN, START, case, likely, page, reply
from tests.replies.player import Case

__all__ = ["errors"]

PLAN = "API access is not available for free users. Please upgrade your plan."

ACCOUNT: dict[str, tuple[str, Any]] = {
    "token-in-200": ("AuthenticationError", {"json": {"code": 1001, "msg": "invalid token"}}),
    "token-minus-one": ("AuthenticationError", {"json": {"code": -1, "message": "Invalid API key"}}),
    "token-expired": ("AuthenticationError", {"json": {"code": 10401, "message": "jwt expired"}}),
    "token-unauthorized": ("AuthenticationError", {"json": {"code": 500, "msg": "Unauthorized"}}),
    "token-401-html": ("AuthenticationError", page(401, "<html>401 Authorization Required</html>")),
    "token-401-empty": ("AuthenticationError", page(401)),
    "token-success-false": ("AuthenticationError", {"json": {"success": False, "error": "Invalid token"}}),
    "plan-in-200": ("PlanRequired", {"json": {"code": 403, "msg": PLAN}}),
    "plan-odd-code": ("PlanRequired", {"json": {"code": 1234, "message": PLAN}}),
    "plan-other-words": (
        "PlanRequired",
        {"status": 403, "json": {"code": 403, "message": "Please upgrade your plan to use the API"}},
    ),
    "coins-in-200": ("InsufficientCredits", {"json": {"code": 10002, "message": "Insufficient coins"}}),
    "coins-balance": ("InsufficientCredits", {"json": {"code": -1, "msg": "Insufficient balance"}}),
    "coins-not-enough": ("InsufficientCredits", {"json": {"code": 1, "msg": "Not enough credits"}}),
    "coins-zh": ("InsufficientCredits", {"json": {"code": 1, "msg": "余额不足，请充值"}}),  # noqa: RUF001
    "coins-402-html": ("InsufficientCredits", page(402, "<html>Payment Required</html>")),
    "coins-402-json": ("InsufficientCredits", reply(None, 402, 402, message="Payment required")),
}
"""Errors that concern the account: every further job would end the same way."""

WORDS: dict[str, Any] = {
    "message": {"message": "width is invalid"},
    "msg": {"msg": "width is invalid"},
    "err-message": {"err_message": "width is invalid"},
    "error": {"error": "width is invalid"},
    "error-object": {"error": {"message": "width is invalid", "type": "invalid_request"}},
    "detail": {"detail": "width is invalid"},
    "detail-list": {"detail": [{"loc": ["body", "width"], "msg": "width is invalid", "type": "value_error"}]},
    "errors-object": {"errors": {"width": ["width is invalid"]}},
    "errors-list": {"errors": ["width is invalid"]},
    "errors-msg": {"errors": [{"msg": "width is invalid", "param": "width"}]},
    "data-message": {"data": {"message": "width is invalid"}},
    "data-text": {"data": "width is invalid"},
    "title-and-detail": {"type": "about:blank", "title": "Bad Request", "detail": "width is invalid"},
}
"""Members in which the reason of a 400 is written."""


def errors() -> Iterator[Case]:
    """Cases of errors."""
    for name, (kind, answer) in ACCOUNT.items():
        yield likely(f"account-{name}", answer, error=[kind])
        yield case(
            f"account-{name}-stops-a-bulk-run", BULK, {START: answer}, stopped=True, delivered=0, starts_max=3
        )

    for name, body in WORDS.items():
        answer = {"status": 400, "json": {"code": 400, **body}}
        yield likely(f"reason-{name}", answer, error=["InvalidRequest"], text_has=["width is invalid"])
    yield likely(
        "reason-plain-text", page(400, "width is invalid"), error=["A2EError"], text_has=["width is"]
    )
    yield likely(
        "reason-success-false",
        {"json": {"success": False, "error": "width is invalid", "code": "400"}},
        error=["APIError"],
        text_has=["width is invalid"],
    )

    yield from _one_job_only()
    yield from _clients()


def _one_job_only() -> Iterator[Case]:
    """Errors that concern one job: the others go on."""
    refused = {"status": 403, "json": {"code": 1003, "message": "A minor was detected"}}
    unfit = {"status": 400, "json": {"code": 400, "message": "prompt is too long"}}
    nsfw = {"status": 403, "json": {"code": 403, "message": "NSFW content detected"}}
    zh = {"json": {"code": 403, "msg": "图片违规，请更换图片"}}  # noqa: RUF001
    good = {BATCH: reply({"@each": {**DONE, "_id": "@ID"}})}

    for name, answer in {"minor": refused, "invalid": unfit, "nsfw": nsfw, "zh": zh}.items():
        answers = {START: [answer, reply([MADE])], **good}
        yield case(f"one-job-{name}", BULK, answers, stopped=False, delivered=3, starts=4)


def _clients() -> Iterator[Case]:
    """What users write into the client."""
    works = {START: reply([MADE]), BATCH: reply([DONE])}
    for name, address in {
        "slash": "https://video.a2e.ai/",
        "api-v1-slash": "https://video.a2e.ai/api/v1/",
        "api": "https://video.a2e.ai/api",
        "upper": "HTTPS://VIDEO.A2E.AI",
    }.items():
        request = {**RUN, "client": {"base_url": address}}
        yield case(
            f"base-url-{name}", request, works, any_of=[{"urls": [IMAGE]}, {"error": ["ConfigurationError"]}]
        )

    bearer = {**RUN, "client": {"token": "Bearer sk_reply-cases.3f9c1d7be2a64085"}}
    yield case(
        "token-with-bearer", bearer, works, any_of=[{"urls": [IMAGE]}, {"error": ["ConfigurationError"]}]
    )
    newline = {**RUN, "client": {"token": "sk_reply-cases.3f9c1d7be2a64085\n"}}
    yield case(
        "token-with-newline", newline, works, any_of=[{"urls": [IMAGE]}, {"error": ["ConfigurationError"]}]
    )

    docs = {**RUN, "client": {"base_url": "https://api.a2e.ai"}}
    for name, answer in {
        "200": page(200, "<!DOCTYPE html><title>A2E docs</title>"),
        "404": page(404, "<!DOCTYPE html><title>Not found</title>"),
    }.items():
        named = {"error": ["A2EError"], "text_has": ["base url"], "seconds_max": 10}
        yield case(f"docs-host-{name}", docs, {START: answer}, **named)
