"""Handlers of operations that a single family has: faces, 1080p, prompt extension and the queue level."""

from __future__ import annotations

from collections.abc import AsyncIterator

from a2e_async.sandbox.handlers.tasks import not_found
from a2e_async.sandbox.replies import Call, Reply, encode, error, ok
from a2e_async.sandbox.world import World

__all__ = [
    "accept",
    "add_face",
    "extend_prompt",
    "face_swap_status",
    "full_hd",
    "list_faces",
    "queue_level",
    "remove_face",
]

FULL_HD_SECONDS = 20.0


def accept(_world: World, call: Call) -> Reply:
    """Accept a request and do nothing."""
    return ok(call, {})


def add_face(world: World, call: Call) -> Reply:
    """Add a face. The answer is the whole list, as in the vendor's example."""
    world.add_record("face", {"face_url": call.body["face_url"]}, call.now)
    return list_faces(world, call)


def list_faces(world: World, call: Call) -> Reply:
    """List the faces as a bare array, newest first."""
    return ok(call, list(world.records.get("face", {}).values())[::-1])


def remove_face(world: World, call: Call) -> Reply:
    """Delete a face."""
    gone = world.records.get("face", {}).pop(call.id, None)
    return not_found(call, "Face") if gone is None else ok(call, {})


def face_swap_status(world: World, call: Call) -> Reply:
    """List all running face swaps with a few fields of each. Takes no id."""
    rows = []
    for task in world.newest(call.family, call.now):
        if not task.ended(call.now):
            record = task.record(call.now)
            row = {key: record[key] for key in ("_id", "current_status", "result_url")}
            row |= {key: record[key] or None for key in ("error_code", "faild_message")}
            rows.append(row)
    return ok(call, rows)


def full_hd(world: World, call: Call) -> Reply:
    """Return a Veo video in 1080p: 400 unless it is 16:9, 202 until it is ready.

    The field of the reply is not published.
    """
    task = world.find(call.family, call.id, call.now)
    if task is None:
        return not_found(call)
    shape = {name.replace("_", "").lower(): value for name, value in task.body.items()}
    if shape.get("aspectratio") != "16:9":  # however the document spells it
        return error(call, 400, "1080P is only available for videos of aspect ratio 16:9")
    if task.ended(call.now) and not task.succeeded:
        return error(call, 400, "The task has failed.")
    if call.now < task.done_at + FULL_HD_SECONDS:
        return error(call, 202, "The 1080P video is being made, please try again later.")
    return ok(call, {"_id": task.id, "resolution": "1080p", task.family.result: task.urls[0]})


def queue_level(_world: World, call: Call) -> Reply:
    """Return the queue level. The shape is not published."""
    return ok(call, {"level": 0})


def extend_prompt(world: World, call: Call) -> Reply:
    """Extend a prompt: as JSON, or with ``stream`` as server-sent events (delta, result, done, error)."""
    body = call.body
    words = [f"{body['prompt'].strip() or 'A scene'},", "in soft light,", "slow camera push-in."]
    result = {"prompt": " ".join(words), "negative_prompt": body["negative_prompt"] or "blurry, distorted"}
    limit = body.get("max_length")
    if isinstance(limit, int) and limit > 0:
        result = {key: text[:limit] for key, text in result.items()}

    failing = "fail" in call.words
    if body.get("stream"):
        return Reply(200, content_type=b"text/event-stream", chunks=_events(words, result, failing))
    return error(call, 200, "Prompt extension failed.", code=500) if failing else ok(call, result)


async def _events(words: list[str], result: dict[str, str], failing: bool) -> AsyncIterator[bytes]:
    def event(name: str, data: object) -> bytes:
        return f"event: {name}\ndata: {encode(data)}\n\n".encode()

    yield b": prompt extension\n\n"
    for word in words:
        yield event("delta", {"text": f"{word} "})
        if failing:
            yield event("error", {"message": "Prompt extension failed."})
            return
    yield event("result", result)
    yield event("done", {})
