"""Tokens, coins, quotes, public links, avatars and backgrounds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from a2e_async import A2E, AuthenticationError, InvalidRequest, NotFound
from a2e_async.sandbox import Sandbox, VirtualClock
from tests.conformance.samples import ANCHOR, media_url, sample_arguments
from tests.conformance.workflows import BESIDES, WORKFLOWS

pytestmark = pytest.mark.anyio

IMAGE, SOUND = media_url("image"), media_url("audio")


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    with Sandbox(clock=VirtualClock(auto=True)) as sandbox:
        yield sandbox


@pytest.fixture
async def own(fresh: Sandbox) -> AsyncIterator[A2E]:
    async with A2E(token=fresh.token, base_url=fresh.url, clock=fresh.clock) as a2e:
        yield a2e


async def test_tokens_are_made_switched_and_deleted(own: A2E, fresh: Sandbox) -> None:
    made = await own.tokens.generate(alias="second")
    identity, secret = str(made.id), made.raw["token"]
    assert (identity, "second", True) in [(one.id, one.alias, one.enabled) async for one in own.tokens.list()]

    async with A2E(token=secret, base_url=fresh.url, clock=fresh.clock) as second:
        assert await second.tokens.list().first()
        await own.tokens.status(id=identity, enabled=False)
        with pytest.raises(AuthenticationError):
            await second.tokens.list().first()
        await own.tokens.status(id=identity, enabled=True)
        assert await second.tokens.list().first()

        await own.tokens.delete(identity)
        with pytest.raises(AuthenticationError):
            await second.tokens.list().first()

    with pytest.raises(NotFound):
        await own.tokens.delete(identity)


async def test_the_balance(own: A2E, fresh: Sandbox) -> None:
    before = await own.account.remaining_coins()
    assert before.coins == fresh.balance
    assert before.diamonds is not None

    task = await own.image_to_video(image_url=IMAGE).start()
    after = await own.account.remaining_coins()
    assert (before.coins or 0) - (after.coins or 0) == task.coins


async def test_the_history_of_credits(own: A2E, fresh: Sandbox) -> None:
    charged = (await own.image_to_video(image_url=IMAGE).run()).coins
    task = await own.image_to_video(image_url=IMAGE).start()
    await own.image_to_video.delete(task.id)  # still queued: refunded
    lines = [line async for line in own.transactions.credits_history()]
    assert [line.amount for line in lines] == [task.coins, -(task.coins or 0), -(charged or 0)]

    spent = [line async for line in own.transactions.credits_history(is_consumption=True)]
    assert [line.amount for line in spent] == [line.amount for line in lines[1:]]

    since = lines[1].created_at
    newer = [line async for line in own.transactions.credits_history(start_date=since)]
    assert [line.id for line in newer] == [line.id for line in lines[:2]]

    with pytest.raises(InvalidRequest):
        await own.transactions.credits_history(start_date="yesterday").first()


@pytest.mark.parametrize("resource", WORKFLOWS)
async def test_a_quote_is_what_the_start_charges_and_free(resource: str, a2e: A2E, sandbox: Sandbox) -> None:
    start = WORKFLOWS[resource].routes.start
    job = getattr(a2e, resource)(**sample_arguments(start, **BESIDES.get(start.path, {})))
    balance, made = sandbox.balance, sandbox.ledger.made()
    quote = await a2e.quote(job)
    assert (sandbox.balance, sandbox.ledger.made()) == (balance, made)
    assert quote.record.raw["generationRequestValidated"] is False
    task = await job.start()
    assert quote.coins == balance - sandbox.balance
    if WORKFLOWS[resource].routes.readable:
        await task.wait()


async def test_a_quote_uploads_nothing(a2e: A2E, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n of the cat")
    before = sandbox.ledger.presigns.total()
    assert (await a2e.quote(a2e.wan25(prompt="x", image_url=path, duration="10"))).coins == 40
    assert sandbox.ledger.presigns.total() == before


async def test_a_link_for_the_public(a2e: A2E) -> None:
    task = await a2e.avatar_video(anchor_id=ANCHOR, anchor_type=0, audio_src=SOUND).start()
    made = await a2e.avatar_video.generate_public_access_token(video_id=task.id, expire_minutes=30)
    assert made["token"]
    with pytest.raises(NotFound):
        await a2e.avatar_video.generate_public_access_token(video_id=ANCHOR)


async def test_avatars_of_the_system_and_of_ones_own(a2e: A2E) -> None:
    twin = await a2e.video_twin(video_url=media_url("video")).run()
    picture = await a2e.text_to_image(prompt="x").run()
    quick = await a2e.text_to_image.quick_add_avatar(id=picture.task.id, gender="male")
    added = await a2e.custom_avatar.add(body={"name": "Eve", "video_url": media_url("video")})
    assert quick.gender == "male"
    mine = [avatar.id async for avatar in a2e.anchor.list()]
    assert {twin.ids[0], quick.id, added.id} <= set(mine)

    of_the_twin = await a2e.anchor.character_list(type="custom", user_video_twin_id=twin.task.id)
    assert [avatar.id for avatar in of_the_twin] == [twin.ids[0]]
    assert "custom" not in {avatar.type for avatar in await a2e.anchor.character_list()}

    everyone = [avatar.id async for avatar in a2e.anchor.list(web_type="a2e")]
    assert len(everyone) > len(mine)

    changed = await a2e.custom_avatar.update(str(added.id), body={"name": "Adam"})
    assert changed.raw["name"] == "Adam"
    assert await a2e.custom_avatar.all_tags()

    await a2e.custom_avatar.delete(id=added.id)
    assert added.id not in [avatar.id async for avatar in a2e.custom_avatar.list()]


async def test_backgrounds_of_the_system_and_of_ones_own(a2e: A2E) -> None:
    added = await a2e.custom_background.add(img_url=IMAGE)
    assert added.id in [one.id async for one in a2e.custom_background.list()]

    every = await a2e.custom_background.all_background()
    assert {background.type for background in every} == {"custom", "system"}
    assert (await a2e.custom_background.random_background()).id

    canvas: dict[str, Any] = {
        "web_bg_width": 10,
        "web_bg_height": 10,
        "web_people_width": 5,
        "web_people_height": 5,
    }
    job = a2e.avatar_video(
        anchor_id=ANCHOR, anchor_type=0, audio_src=SOUND, custom_back_id=added.id, **canvas
    )
    assert (await job.run()).urls

    await a2e.custom_background.delete(id=added.id)
    assert added.id not in [one.id async for one in a2e.custom_background.list()]


async def test_a_file_in_a_body_that_nobody_declared(a2e: A2E, sandbox: Sandbox) -> None:
    clip = b"\x00\x00\x00\x18ftypmp42 of mine"
    added = await a2e.custom_avatar.add(body={"video_url": clip, "extra": [{"img": clip}]})
    assert added.raw["video_url"].startswith(sandbox.files_origin)
    assert added.raw["extra"] == [{"img": added.raw["video_url"]}]


async def test_a_user_below_the_account(a2e: A2E) -> None:
    made = await a2e.account.add(username="u", password="p")
    assert made["username"] == "u"
    assert "password" not in made


async def test_uploads_by_hand(a2e: A2E) -> None:
    for presign in (a2e.storage.upload_presigned_url, a2e.storage.get_upload_presigned_url):
        made = await presign(key="cat.png", content_type="image/png", content_length=12)
        assert made.upload_url
        assert made.cdn_url
        assert str(made.key).endswith("cat.png")
        assert made.expires_in == 3600
