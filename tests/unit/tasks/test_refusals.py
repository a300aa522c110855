"""Refusals: in the languages in which the service was met, and never mistaken for a passing fault."""

from __future__ import annotations

import pytest

from a2e_async._tasks.refusals import is_final_refusal, refuses


@pytest.mark.parametrize(
    "text",
    [
        "NSFW content detected",
        "nfsw",
        "The input image may contain copyright or portrait right restricted content",
        "portrait_right",
        "Uses the likeness of a real person",
        "Celebrity faces cannot be used",
        "Public figures are not supported",
        "This violates our content policy",
        "Content moderation failed",
        "blocked by moderation",
        "Minor detected",
        "The image contains a minor",
        "Sexual content is prohibited",
        "IP infringement",
    ],
)
def test_english(text: str) -> None:
    assert is_final_refusal(text)
    assert is_final_refusal(text.upper())
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "图片可能涉及版权或肖像权",
        "肖像權受限",
        "检测到名人",
        "包含公众人物",
        "内容审核未通过",
        "审核不通过",
        "內容違規",
        "包含敏感内容",
        "涉嫌色情",
        "疑似未成年人",
    ],
)
def test_chinese(text: str) -> None:
    assert is_final_refusal(text)
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "completed",
        "internal server error",
        "a minor error occurred",
        "duplicate key violation",
        "field names are case sensitive",
        "moderation service timed out, try again later",
        "content moderation is in progress",
        "Content moderation passed",
        "network policy",
        "face not detected",
        "审核中",
        "内容审核超时 请稍后重试",
        "审核通过",
        "系统繁忙",
    ],
)
def test_what_may_pass_at_the_next_try(text: str) -> None:
    assert not is_final_refusal(text)
    assert not refuses(text)


@pytest.mark.parametrize("code", [1003, 1004, "1003", "NSFW_CONTENT"])
def test_a_code_is_enough(code: int | str) -> None:
    assert is_final_refusal("no", code)
    assert not is_final_refusal("no", 500)


@pytest.mark.parametrize(
    "text",
    ["content refused", "request denied", "Insufficient coins", "invalid image_url", "no task was created"],
)
def test_words_that_say_that_nothing_was_made(text: str) -> None:
    assert refuses(text)
    assert not is_final_refusal(text)


@pytest.mark.parametrize("text", ["余额不足", "不支持该格式", "参数错误", "未创建任务"])
def test_chinese_words_that_say_that_nothing_was_made(text: str) -> None:
    assert refuses(text)
    assert not is_final_refusal(text)


@pytest.mark.parametrize(
    "text",
    ["", "ok", "success", "Task created successfully", "Task accepted", "failed", "the task timed out"],
)
def test_words_that_leave_it_open(text: str) -> None:
    assert not refuses(text)


@pytest.mark.parametrize(
    "text", ["created; invalid image 2 was ignored", "queued", "创建成功", "任务已提交", "失败"]
)
def test_more_words_that_leave_it_open(text: str) -> None:
    assert not refuses(text)
