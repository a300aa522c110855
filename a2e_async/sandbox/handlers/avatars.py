"""Avatar videos, avatars, backgrounds and video twins."""

from __future__ import annotations

from typing import Any

from a2e_async.sandbox.handlers.tasks import not_found, paged, restart, short_of_coins, start_tasks, window
from a2e_async.sandbox.replies import Call, Reply, error, ok
from a2e_async.sandbox.tasks import Task
from a2e_async.sandbox.world import World

__all__ = [
    "add_avatar",
    "add_background",
    "all_backgrounds",
    "all_tags",
    "avatars",
    "aws_list",
    "aws_result",
    "characters",
    "continue_training",
    "custom_avatars",
    "custom_backgrounds",
    "delete_avatar",
    "delete_background",
    "public_token",
    "quick_add_avatar",
    "random_background",
    "twin_training",
    "twin_upload",
    "twins",
    "update_avatar",
    "upload_status",
]

_SYSTEM_AVATARS = tuple(
    {"_id": f"{0xA0_0000 + number:024x}", "name": name, "lang": lang, "type": "system"}
    for number, (name, lang) in enumerate((("Ada", "en-US"), ("Bo", "zh-CN"), ("Carla", "es-ES")))
)
_SYSTEM_BACKGROUNDS = tuple({"_id": f"{0xB0_0000 + number:024x}", "type": "system"} for number in range(4))


def _with_cover(world: World, record: dict[str, Any], field: str) -> dict[str, Any]:
    return {**record, field: f"{world.files_url}/pictures/{record['_id']}.png"}


# Avatar videos


def aws_result(world: World, call: Call) -> Reply:
    """An array with one record."""
    task = world.find(call.family, call.id, call.now)
    return not_found(call) if task is None else ok(call, [world.tell(task, call.now).record(call.now)])


def aws_list(world: World, call: Call) -> Reply:
    """data.data, newest first; the same for POST video/list, whose shape is not published."""
    tasks = list(world.newest(call.family, call.now))
    given = {**call.query, **(call.body or {})}
    try:
        page, length = int(given.get("current", 1)), int(given.get("pageSize", 20))
    except (TypeError, ValueError):
        return error(call, 400, "current and pageSize must be integers")
    offset = (max(page, 1) - 1) * length
    rows = [world.tell(task, call.now).encoded(call.now) for task in tasks[offset : offset + max(length, 0)]]
    return paged(call, rows, len(tasks), "data")


def public_token(world: World, call: Call) -> Reply:
    """A token for the public page of a video. Its field is not published."""
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


def avatars(world: World, call: Call) -> Reply:
    """The caller's own avatars (trained twins too), and the system's if web_type is sent."""
    twins = world.shelves.get("userVideoTwin")
    own = [
        {"_id": task.anchor_id, "name": task.name, "type": "custom", "video_cover": task.urls[0]}
        for task in (twins.tasks if twins else ())
        if task.listed(call.now) and task.ended(call.now) and task.succeeded
    ]
    own += list(world.records.get("avatar", {}).values())
    system = [_with_cover(world, record, "video_cover") for record in _SYSTEM_AVATARS]
    return ok(call, own + (system if call.body.get("web_type") else []))


def characters(world: World, call: Call) -> Reply:
    """The system's avatars, as anchor/character_list tells them."""
    return ok(call, [_with_cover(world, record, "video_cover") for record in _SYSTEM_AVATARS])


def add_avatar(world: World, call: Call) -> Reply:
    """Any body: it is not declared."""
    return ok(call, world.add_record("avatar", {"type": "custom", **call.body}, call.now))


def custom_avatars(world: World, call: Call) -> Reply:
    """The caller's own, as an array (sibling: anchor/list)."""
    return ok(call, list(world.records.get("avatar", {}).values())[::-1])


def delete_avatar(world: World, call: Call) -> Reply:
    """By `_id` in the undeclared body."""
    gone = world.records.get("avatar", {}).pop(call.id, None)
    return not_found(call, "Avatar") if gone is None else ok(call, {})


def update_avatar(world: World, call: Call) -> Reply:
    """Any fields of the undeclared body."""
    record = world.records.get("avatar", {}).get(call.id)
    if record is None:
        return not_found(call, "Avatar")
    record.update({key: value for key, value in call.body.items() if key != "_id"})
    return ok(call, record)


def all_tags(_world: World, call: Call) -> Reply:
    """Tags of avatars."""
    return ok(call, ["business", "casual", "studio"])


def quick_add_avatar(world: World, call: Call) -> Reply:
    """An avatar from a finished text-to-image task."""
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
    """A picture by URL."""
    record = {"img_url": call.body["img_url"], "type": "custom"}
    return ok(call, world.add_record("background", record, call.now))


def custom_backgrounds(world: World, call: Call) -> Reply:
    """The caller's own."""
    return ok(call, list(world.records.get("background", {}).values())[::-1])


def delete_background(world: World, call: Call) -> Reply:
    """By `_id` in the undeclared body."""
    gone = world.records.get("background", {}).pop(call.id, None)
    return not_found(call, "Background") if gone is None else ok(call, {})


def all_backgrounds(world: World, call: Call) -> Reply:
    """Own and system's, told apart by `type`."""
    own = list(world.records.get("background", {}).values())[::-1]
    return ok(call, own + [_with_cover(world, record, "img_url") for record in _SYSTEM_BACKGROUNDS])


def random_background(world: World, call: Call) -> Reply:
    """One of the system's; the one operation that needs no token."""
    return ok(call, _with_cover(world, world.random.choice(_SYSTEM_BACKGROUNDS), "img_url"))


# Video twins


def twin_upload(world: World, call: Call) -> Reply:
    """Material for a training to come. Body and reply are not declared."""
    record = world.add_record("twin upload", {**call.body, "status": "completed"}, call.now)
    return ok(call, record)


def upload_status(world: World, call: Call) -> Reply:
    """Of one upload by `_id`, or of the newest."""
    uploads = world.records.get("twin upload", {})
    record = uploads.get(call.id) if call.id else next(reversed(uploads.values()), None)
    if record is None:
        return ok(call, {"status": "none"}) if not call.id else not_found(call, "Upload")
    return ok(call, {"_id": record["_id"], "status": record["status"]})


def twin_training(world: World, call: Call) -> Reply:
    """The older start: its body is not declared."""
    made = start_tasks(world, call, 1)
    return made if isinstance(made, Reply) else ok(call, made[0].record(call.now))


def continue_training(world: World, call: Call) -> Reply:
    """continueTraining and eyeContact: the same twin runs again, and is charged again."""
    task = world.find(call.family, call.id, call.now)
    if task is None:
        return not_found(call, "Video twin")
    if not task.ended(call.now):
        return error(call, 400, "The video twin is still in training.")
    coins = world.cost(call.family, task.body)
    if coins > world.balance:
        return short_of_coins(call)
    world.pay(call.family.workflow, coins, f"{call.operation.name} {task.id}", call.now)
    world.ledger.starts[call.family.workflow] += 1
    world.enter_again(task, coins, call.now)
    restart(task, call.now)
    return ok(call, task.record(call.now))


def twins(world: World, call: Call) -> Reply:
    """userRecords and trainingRecords: a bare array without paging; the latter only those in training."""
    tasks: list[Task] = list(world.newest(call.family, call.now))
    if call.operation.segments[-1] == "trainingRecords":
        tasks = [task for task in tasks if not task.ended(call.now)]
    offset, _ = window(call)
    rows = [world.tell(task, call.now).encoded(call.now) for task in tasks[offset:]]
    return paged(call, rows, len(tasks), "array")
