"""Handlers of avatar videos, avatars, backgrounds and video twins."""

from __future__ import annotations

from typing import Any

from a2e_async.sandbox import rules
from a2e_async.sandbox.handlers.tasks import not_found, paged, restart, short_of_coins, start_tasks, window
from a2e_async.sandbox.replies import Call, Reply, error, ok
from a2e_async.sandbox.world import World

__all__ = [
    "add_avatar",
    "add_background",
    "add_twin_upload",
    "continue_training",
    "delete_avatar",
    "delete_background",
    "list_avatar_videos",
    "list_avatars",
    "list_backgrounds",
    "list_characters",
    "list_custom_avatars",
    "list_custom_backgrounds",
    "list_tags",
    "list_twins",
    "make_public_token",
    "quick_add_avatar",
    "random_background",
    "read_avatar_video",
    "read_upload_status",
    "train_twin",
    "update_avatar",
]

_SYSTEM_AVATARS = tuple(
    {"_id": f"{0xA0_0000 + number:024x}", "name": name, "lang": lang, "type": "system"}
    for number, (name, lang) in enumerate((("Ada", "en-US"), ("Bo", "zh-CN"), ("Carla", "es-ES")))
)
_SYSTEM_BACKGROUNDS = tuple({"_id": f"{0xB0_0000 + number:024x}", "type": "system"} for number in range(4))


def _own(world: World, kind: str) -> list[dict[str, Any]]:
    """The account's own records of a kind, newest first."""
    return list(world.records.get(kind, {}).values())[::-1]


def _with_cover(world: World, record: dict[str, Any], field: str) -> dict[str, Any]:
    return {**record, field: f"{world.files.url}/pictures/{record['_id']}.png"}


# Avatar videos


def read_avatar_video(world: World, call: Call) -> Reply:
    """Return one avatar video, as an array with one record."""
    task = world.find(call.family, call.id, call.now)
    return not_found(call) if task is None else ok(call, [world.show(task, call.now).record(call.now)])


def list_avatar_videos(world: World, call: Call) -> Reply:
    """List avatar videos in ``data.data``, newest first. The shape of POST video/list is not published."""
    tasks = list(world.newest(call.family, call.now))

    given = {**call.query, **(call.body or {})}
    try:
        page, length = int(given.get("current", 1)), int(given.get("pageSize", 20))
    except (TypeError, ValueError):
        return error(call, 400, "current and pageSize must be integers")

    offset = (max(page, 1) - 1) * length
    rows = [world.show(task, call.now).encoded(call.now) for task in tasks[offset : offset + max(length, 0)]]
    return paged(call, rows, len(tasks), "data")


def make_public_token(world: World, call: Call) -> Reply:
    """Make a token for the public page of a video. The field's name is not published."""
    task = world.find(call.family, call.body["video_id"], call.now)
    if task is None:
        return error(call, 404, "Video not found")

    try:
        minutes = float(call.body.get("expire_minutes") or 60)
    except ValueError:
        return error(call, 400, "expire_minutes must be a number")

    token = f"{world.random.getrandbits(128):032x}"
    return ok(call, {"token": token, "expire_at": world.stamp(call.now + minutes * 60)})


# Avatars


def _own_avatars(world: World, now: float) -> list[dict[str, Any]]:
    """The account's own avatars: trained twins, then those that were added."""
    twins = [
        {
            "_id": task.anchor_id,
            "name": task.name,
            "type": "custom",
            "video_cover": f"{world.files.url}/pictures/{task.anchor_id}.png",
            "user_video_twin_id": task.id,
        }
        for task in world.tasks_of("userVideoTwin")
        if task.listed(now) and task.ended(now) and task.succeeded
    ]
    return twins + list(world.records.get("avatar", {}).values())


def list_avatars(world: World, call: Call) -> Reply:
    """List the account's own avatars, trained twins too. With ``web_type``, the system's come after them."""
    own = _own_avatars(world, call.now)
    system = [_with_cover(world, record, "video_cover") for record in _SYSTEM_AVATARS]
    return ok(call, own + (system if call.body.get("web_type") else []))


def list_characters(world: World, call: Call) -> Reply:
    """List the system's avatars; the own ones with ``type=custom``, also those of one video twin."""
    twin = call.query.get("user_video_twin_id")
    if call.query.get("type") != "custom" and not twin:
        return ok(call, [_with_cover(world, record, "video_cover") for record in _SYSTEM_AVATARS])

    own = _own_avatars(world, call.now)
    return ok(call, [one for one in own if not twin or one.get("user_video_twin_id") == twin])


def add_avatar(world: World, call: Call) -> Reply:
    """Add an avatar from any body, because none is declared."""
    return ok(call, world.add_record("avatar", {"type": "custom", **call.body}, call.now))


def list_custom_avatars(world: World, call: Call) -> Reply:
    """List the account's own avatars as an array, as anchor/list does."""
    return ok(call, _own(world, "avatar"))


def delete_avatar(world: World, call: Call) -> Reply:
    """Delete an avatar by the ``_id`` in the undeclared body."""
    gone = world.records.get("avatar", {}).pop(call.id, None)
    return not_found(call, "Avatar") if gone is None else ok(call, {})


def update_avatar(world: World, call: Call) -> Reply:
    """Change the fields of an avatar that the undeclared body has."""
    record = world.records.get("avatar", {}).get(call.id)
    if record is None:
        return not_found(call, "Avatar")
    record.update({key: value for key, value in call.body.items() if key != "_id"})
    return ok(call, record)


def list_tags(_world: World, call: Call) -> Reply:
    """List the tags of avatars."""
    return ok(call, ["business", "casual", "studio"])


def quick_add_avatar(world: World, call: Call) -> Reply:
    """Make an avatar from a finished text-to-image task."""
    task = world.find(call.family, call.body["_id"], call.now)
    if task is None:
        return not_found(call)
    if not (task.ended(call.now) and task.succeeded):
        return error(call, 400, "The image is not finished.")

    avatar = {"name": task.name, "type": "custom", "video_cover": task.urls[0], "gender": "female"}
    if "gender" in call.body:
        avatar["gender"] = call.body["gender"]
    return ok(call, world.add_record("avatar", avatar, call.now))


# Backgrounds


def add_background(world: World, call: Call) -> Reply:
    """Add a background from the URL of a picture."""
    record = {"img_url": call.body["img_url"], "type": "custom"}
    return ok(call, world.add_record("background", record, call.now))


def list_custom_backgrounds(world: World, call: Call) -> Reply:
    """List the account's own backgrounds."""
    return ok(call, _own(world, "background"))


def delete_background(world: World, call: Call) -> Reply:
    """Delete a background by the ``_id`` in the undeclared body."""
    gone = world.records.get("background", {}).pop(call.id, None)
    return not_found(call, "Background") if gone is None else ok(call, {})


def list_backgrounds(world: World, call: Call) -> Reply:
    """List the account's own backgrounds and the system's; ``type`` shows which is which."""
    system = [_with_cover(world, record, "img_url") for record in _SYSTEM_BACKGROUNDS]
    return ok(call, _own(world, "background") + system)


def random_background(world: World, call: Call) -> Reply:
    """Return one of the system's backgrounds. This is the only operation that needs no token."""
    return ok(call, _with_cover(world, world.random.choice(_SYSTEM_BACKGROUNDS), "img_url"))


# Video twins


def add_twin_upload(world: World, call: Call) -> Reply:
    """Take material for a later training. Neither the body nor the reply is declared."""
    record = world.add_record("twin upload", {**call.body, "status": "completed"}, call.now)
    return ok(call, record)


def read_upload_status(world: World, call: Call) -> Reply:
    """Return the status of the upload with an ``_id``, or else of the newest."""
    uploads = world.records.get("twin upload", {})
    record = uploads.get(call.id) if call.id else next(reversed(uploads.values()), None)
    if record is None:
        return not_found(call, "Upload") if call.id else ok(call, {"status": "none"})
    return ok(call, {"_id": record["_id"], "status": record["status"]})


def train_twin(world: World, call: Call) -> Reply:
    """Start a training by the older route, whose body is not declared."""
    refusal = rules.refusal(world, call)
    if refusal is not None:
        return refusal
    made = start_tasks(world, call, 1)
    return made if isinstance(made, Reply) else ok(call, made[0].record(call.now))


def continue_training(world: World, call: Call) -> Reply:
    """Train the same twin again and charge for it again: continueTraining and eyeContact."""
    task = world.find(call.family, call.id, call.now)
    if task is None:
        return not_found(call, "Video twin")
    if not task.ended(call.now):
        return error(call, 400, "The video twin is still in training.")

    coins = world.catalogue.cost(call.family, task.body)
    if coins > world.account.balance:
        return short_of_coins(call)

    world.pay(call.family.workflow, coins, f"{call.operation.name} {task.id}", call.now)
    world.ledger.starts[call.family.workflow] += 1
    world.charge_again(task, coins, call.now)
    restart(task, call.now)
    return ok(call, task.record(call.now))


def list_twins(world: World, call: Call) -> Reply:
    """List video twins as a bare array without paging; trainingRecords only those in training."""
    tasks = list(world.newest(call.family, call.now))
    if call.operation.segments[-1] == "trainingRecords":
        tasks = [task for task in tasks if not task.ended(call.now)]

    offset, _ = window(call)
    rows = [world.show(task, call.now).encoded(call.now) for task in tasks[offset:]]
    return paged(call, rows, len(tasks), "array")
