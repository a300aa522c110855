"""Coins, refunds, history, quotes, tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.kit import ANCHOR, STARTS, Talker, rows, talking


@pytest.fixture
def talker() -> Iterator[Talker]:
    with talking(durations={"*": 100.0}, coins=1000, presign_price=1) as talker:
        yield talker


def coins(talker: Talker) -> int:
    data = talker.get("user/remainingCoins").json()["data"]
    assert set(data) == {"coins", "diamonds"}
    return int(data["coins"])


@pytest.mark.parametrize("route", STARTS)
def test_a_start_costs_what_its_reply_says(talker: Talker, route: str) -> None:
    record = talker.start(route)
    ledger = talker.sandbox.ledger
    (task,) = ledger.tasks
    assert task.coins > 0
    assert coins(talker) == 1000 - task.coins
    assert ledger.charged == {task.workflow: task.coins}
    assert ledger.coins() == task.coins
    if "coins" in record:
        assert record["coins"] == task.coins


@pytest.mark.parametrize(
    ("route", "changes", "price"),
    [
        ("userGptImage/start", {}, 20),
        ("userGptImage/start", {"quality": "high"}, 35),
        ("userGptImage/start", {"model": "gpt-image-2"}, 25),
        ("userGptImage/start", {"model": "gpt-image-2", "aspect_ratio": "16:9", "resolution": "2K"}, 35),
        ("userGptImage/start", {"model": "gpt-image-2", "aspect_ratio": "16:9", "resolution": "4K"}, 45),
        ("userImage2Video/start", {"video_time": 10}, 20),
        ("userText2Image/start", {"max_images": 4}, 40),
    ],
)
def test_prices(talker: Talker, route: str, changes: dict[str, Any], price: int) -> None:
    body = {**STARTS[route], **changes}
    quote = talker.post("generation/quote", {"endpoint": f"POST /api/v1/{route}", "requestBody": body}).json()
    assert quote["data"]["coins"] == price
    assert quote["data"]["generationRequestValidated"] is False
    assert talker.sandbox.ledger.made() == 0
    talker.start(route, **changes)
    assert coins(talker) == 1000 - price


def test_quotes_are_for_starts_only(talker: Talker) -> None:
    body: dict[str, Any] = {"endpoint": "/api/v1/userImage2Video/allRecords", "requestBody": {}}
    assert talker.post("generation/quote", body).status_code == 400
    assert talker.post("generation/quote", {**body, "endpoint": "video"}).status_code == 400
    assert talker.post("generation/quote", {"endpoint": "/api/v1/userFlux2/start"}).status_code == 400


def test_prices_can_be_set() -> None:
    with talking(prices={"image_to_video": 3, "userWan25": 4}) as talker:
        assert talker.start("userImage2Video/start")["coins"] == 3
        assert talker.start("userWan25/start")["coins"] == 4


def test_lack_of_coins_has_three_faces(talker: Talker) -> None:
    talker.sandbox.set_coins(1)
    for route, status, code in (
        ("userFlux2/start", 402, 402),
        ("headSwap/start", 400, 400),
        ("userImage2Video/start", 200, 1),
    ):
        reply = talker.post(route, STARTS[route])
        assert reply.status_code == status
        assert reply.json()["code"] == code
        assert "nsufficient" in reply.json()["message"]

    reply = talker.post("userUpscale/start", STARTS["userUpscale/start"])
    assert (reply.status_code, reply.json()["success"]) == (200, False)
    assert talker.sandbox.ledger.made() == 0
    assert coins(talker) == 1


def test_several_tasks_are_paid_for_together_or_not_at_all(talker: Talker) -> None:
    talker.sandbox.set_coins(25)
    body = {**STARTS["userText2Image/start"], "max_images": 3}
    assert talker.post("userText2Image/start", body).json()["code"] == 1
    assert talker.sandbox.ledger.made() == 0
    assert talker.post("userText2Image/start", {**body, "max_images": 2}).json()["code"] == 0
    assert coins(talker) == 5


@pytest.mark.parametrize(
    ("route", "refund"),
    [("userImage2Video/start", True), ("headSwap/start", True), ("userWan25/start", False)],
)
def test_a_queued_task_that_is_deleted_may_be_refunded(talker: Talker, route: str, refund: bool) -> None:
    segment = route.partition("/")[0]
    identity = talker.start(route)["_id"]
    paid = 1000 - coins(talker)
    assert talker.delete(f"{segment}/{identity}").status_code == 200
    assert coins(talker) == (1000 if refund else 1000 - paid)
    assert talker.sandbox.ledger.coins() == (0 if refund else paid)
    assert talker.get(f"{segment}/{identity}").status_code == 404


@pytest.mark.parametrize(
    ("route", "refund"),
    [("productAvatar/start", True), ("userVoice/training", True), ("userImage2Video/start", False)],
)
def test_a_failure_may_be_refunded(talker: Talker, route: str, refund: bool) -> None:
    talker.start(route, name="sandbox:fail")
    paid = 1000 - coins(talker)
    talker.finish()
    assert coins(talker) == (1000 if refund else 1000 - paid)
    assert sum(talker.sandbox.ledger.refunded.values()) == (paid if refund else 0)


def test_the_history_shows_grants_and_spending(talker: Talker) -> None:
    talker.start("productAvatar/start", name="sandbox:fail")
    talker.clock.advance(3600)
    talker.start("userImage2Video/start")
    reply = talker.get("transactionRecord/creditsHistory", pageNum=1, pageSize=10)
    lines = rows(reply)

    assert reply.json()["data"]["count"] == 3
    assert [line["amount"] > 0 for line in lines] == [False, True, False]
    assert lines[0]["balance"] == coins(talker)
    assert len(rows(talker.get("transactionRecord/creditsHistory", is_consumption="true"))) == 2
    assert len(rows(talker.get("transactionRecord/creditsHistory", is_consumption="false"))) == 1
    assert len(rows(talker.get("transactionRecord/creditsHistory", pageSize=2, pageNum=2))) == 1

    since = lines[0]["createdAt"]
    assert len(rows(talker.get("transactionRecord/creditsHistory", startDate=since))) == 1
    assert len(rows(talker.get("transactionRecord/creditsHistory", endDate=lines[2]["createdAt"]))) == 1
    assert talker.get("transactionRecord/creditsHistory", startDate="yesterday").status_code == 400


def test_tokens_work_until_they_are_switched_off_or_deleted(talker: Talker) -> None:
    made = talker.post("token/generate", {"alias": "second"}).json()["data"]
    headers = {"authorization": f"Bearer {made['token']}"}

    def status() -> int:
        return talker.http.get("user/remainingCoins", headers=headers).status_code

    assert status() == 200
    listed = talker.get("token/list").json()["data"]
    assert [token["alias"] for token in listed] == ["sandbox", "second"]
    assert made["token"] not in str(listed)
    assert talker.post("token/status", {"_id": made["_id"], "enabled": "false"}).status_code == 200
    assert status() == 401
    assert talker.post("token/status", {"_id": made["_id"], "enabled": "maybe"}).status_code == 400
    assert talker.post("token/status", {"_id": made["_id"], "enabled": True}).status_code == 200
    assert status() == 200
    assert talker.post("token/delete", {"_id": made["_id"]}).status_code == 200
    assert status() == 401
    assert talker.post("token/delete", {"_id": ANCHOR}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sk_wrong", "Basic {}", "{}"])
def test_a_wrong_token_is_401(talker: Talker, header: str) -> None:
    headers = {"authorization": header.format(talker.sandbox.token)}
    reply = talker.http.get("userImage2Video/allRecords", headers=headers)
    assert reply.status_code == 401
    assert reply.json()["success"] is False
