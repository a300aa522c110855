"""Handlers of the routes that every family of tasks has. Each answers in the family's own shape."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any

from a2e_async.sandbox import rules
from a2e_async.sandbox.replies import Call, Reply, error, ok, ok_bytes, says_success
from a2e_async.sandbox.tasks import Task
from a2e_async.sandbox.world import World

__all__ = ["ROLES", "Handler", "not_found", "paged", "restart", "short_of_coins", "start_tasks", "window"]

Handler = Callable[[World, Call], Reply]

OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
LAST_PAGE, LARGEST_PAGE = 1_000_000, 1_000  # larger numbers in a query count as these
SHORT = "Insufficient coins, please top up."


def start(world: World, call: Call) -> Reply:
    """Start one task, or several if the body asks for them."""
    refusal = rules.refusal(world, call)
    if refusal is not None:
        return refusal

    family, body = call.family, call.body
    wanted = body.get(family.count) or call.operation.default(family.count) or 1 if family.count else 1
    tasks = start_tasks(world, call, int(wanted))
    if isinstance(tasks, Reply):
        return tasks

    records = [world.show(task, call.now).encoded(call.now) for task in tasks]
    shape = family.start
    if shape == "gpt":  # both a list and an object have been seen; here the model decides
        shape = "list" if body.get("model") == "gpt-image-2" else "object"
    if shape == "list" or (shape == "either" and len(records) > 1):
        return ok_bytes(call, b"[" + b",".join(records) + b"]")
    return ok_bytes(call, records[0])


def start_tasks(world: World, call: Call, wanted: int) -> list[Task] | Reply:
    """Make `wanted` tasks of the call's family and charge for them, or return a reply that refuses."""
    family = call.family
    coins = world.catalogue.cost(family, call.body)
    if coins * wanted > world.account.balance:
        return short_of_coins(call)

    world.ledger.starts[family.workflow] += 1
    tasks = [
        world.add_task(family, call.body, call.now, operation=call.operation, coins=coins, words=call.words)
        for _ in range(wanted)
    ]
    world.pay(family.workflow, coins * wanted, f"{family.workflow} {tasks[0].id}", call.now)
    return tasks


def short_of_coins(call: Call) -> Reply:
    """The family's reply to a lack of coins. In the third form, the code in the body is not published."""
    if call.family.short == "402":
        return error(call, 402, "Insufficient credits", code=402)
    if call.family.short == "400":
        return error(call, 400, SHORT, code=400)
    return error(call, 200, SHORT, code=None if says_success(call.operation) else 1)


def not_found(call: Call, what: str = "Task") -> Reply:
    """The reply for an unknown id: 404, or 400 for an invalid id if the document declares a 400."""
    if 400 in call.operation.declared and not OBJECT_ID.fullmatch(call.id):
        return error(call, 400, f"Invalid {what.lower()} id")
    return error(call, 404, f"{what} not found")


def detail(world: World, call: Call) -> Reply:
    """Return one task."""
    task = world.find(call.family, call.id, call.now)
    if task is None:
        return not_found(call)
    return ok_bytes(call, world.show(task, call.now).encoded(call.now))


def batch(world: World, call: Call) -> Reply:
    """Return many tasks. Unknown ids are left out, and the order is not that of the ids."""
    declared = {key: one for key, one in call.operation.body_fields.items() if one.get("type") == "array"}
    name = next(iter(declared), "ids")
    ids, most = call.body.get(name), declared.get(name, {}).get("maxItems")
    if not isinstance(ids, list) or not all(isinstance(identity, str) for identity in ids):
        return error(call, 400, f"{name} must be an array of strings")
    if most is not None and len(ids) > most:
        return error(call, 400, f"{name} must contain no more than {most} elements")

    world.ledger.batches.setdefault(call.family.workflow, []).append(len(ids))
    segment, now, records = call.family.segment, call.now, []
    for identity in list(dict.fromkeys(ids))[::-1]:
        task = world.tasks.get(identity)
        if task is not None and task.family.segment == segment and task.listed(now):
            records.append(world.show(task, now).encoded(now))
    return ok_bytes(call, b"[" + b",".join(records) + b"]")


def paged(call: Call, rows: Iterable[bytes], count: int, listing: str) -> Reply:
    """One page of a list.

    Args:
        call: the request.
        rows: the records of the page, encoded.
        count: how many records there are on all pages.
        listing: the shape of ``data``: rows, list, data or array.
    """
    body = b"[" + b",".join(rows) + b"]"
    if listing == "array":
        return ok_bytes(call, body)
    if listing == "list":
        return ok_bytes(call, b'{"list":%b}' % body)
    name = b"data" if listing == "data" else b"rows"
    return ok_bytes(call, b'{"%b":%b,"count":%d}' % (name, body, count))


def window(call: Call) -> tuple[int, int | None]:
    """The page that the query asks for, as (offset, length). The length is None without paging."""
    names = {parameter.name: parameter for parameter in call.operation.parameters}
    number = next((name for name in ("pageNum", "page", "current") if name in names), None)
    size = next((name for name in ("pageSize", "page_size", "per_page", "limit") if name in names), None)
    if size is None or (number is None and "offset" not in names):
        return 0, None

    length = min(max(call.query.get(size, names[size].schema.get("default", 10)), 0), LARGEST_PAGE)
    if number is None:
        return max(call.query.get("offset", 0), 0), length
    page = min(max(call.query.get(number, 1), 1), LAST_PAGE)
    return (page - 1) * length, length


def listing(world: World, call: Call) -> Reply:
    """List one page of the family's tasks, newest first."""
    tasks = list(world.newest(call.family, call.now))
    status = call.query.get("status")
    if status:
        tasks = [task for task in tasks if task.status(call.now) == status]

    offset, length = window(call)
    page = itertools.islice(tasks, offset, None if length is None else offset + length)
    records = [world.show(task, call.now).encoded(call.now) for task in page]
    return paged(call, records, len(tasks), call.family.listing)


def processing(world: World, call: Call) -> Reply:
    """List the running tasks."""
    tasks = [task for task in world.newest(call.family, call.now) if not task.ended(call.now)]
    return paged(call, [task.encoded(call.now) for task in tasks], len(tasks), "rows")


def delete(world: World, call: Call) -> Reply:
    """Take a task off the lists. A queued task may be refunded; a running one goes on, or is refused."""
    task = world.find(call.family, call.id, call.now)
    if task is None or task.deleted:
        return not_found(call)

    queued = not task.ended(call.now) and task.status(call.now) == task.family.stages[0][0]
    if not task.ended(call.now) and not queued and not task.family.busy_delete:
        return error(call, 400, "The task is in progress and cannot be deleted.")
    if queued and task.family.refund_queued:
        world.refund(task, call.now)
        task.gone = True  # it never ran

    task.deleted = True
    task.gone = task.gone or not task.family.soft_delete
    return ok(call, {})


def rename(world: World, call: Call) -> Reply:
    """Change a task's name."""
    task = world.find(call.family, call.id, call.now)
    if task is None:
        return not_found(call)
    if not isinstance(call.body.get("name"), str):
        return error(call, 400, "name is required")
    task.name = call.body["name"]
    task.cache.clear()
    return ok_bytes(call, task.encoded(call.now))


def mark(world: World, call: Call) -> Reply:
    """Accept a note about a task; nothing changes."""
    return not_found(call) if world.find(call.family, call.id, call.now) is None else ok(call, {})


def retry(world: World, call: Call) -> Reply:
    """Run a failed task again under its id. Whether that costs is not published; here it does not."""
    task = world.find(call.family, call.id, call.now)
    if task is None:
        return not_found(call)
    if not task.ended(call.now) or task.succeeded:
        return error(call, 400, "Only failed tasks can be retried.")
    restart(task, call.now)
    return ok_bytes(call, task.encoded(call.now))


def restart(task: Task, now: float) -> None:
    """Begin a task's life again. This time it ends well."""
    task.done_at += now - task.created
    task.created, task.ending, task.reason = now, task.family.done, ""
    task.cache.clear()
    task.entry.done_at, task.entry.outcome, task.entry.seen_at = task.done_at, task.ending, None


def average(world: World, call: Call) -> Reply:
    """Return how long tasks take on average, in seconds. The field's name is not published."""
    tasks = world.tasks_of(call.family.segment)
    lengths = [task.done_at - task.created for task in tasks if task.ended(call.now)]
    mean = sum(lengths) / len(lengths) if lengths else call.family.duration[0]
    return ok(call, {"avgProcessingTime": round(mean, 3)})


def remove(world: World, call: Call) -> Reply:
    """Delete a task by an id in the body."""
    return delete(world, call)


def other(_world: World, call: Call) -> Reply:
    """Accept an operation that no table knows, as of a newer document. Its schema makes up the reply."""
    schema = call.operation.reply_schema(200)
    data = schema.get("properties", {}).get("data", {})
    return ok(call, _sample(data))


def _sample(schema: Any, depth: int = 0) -> Any:
    """A value that a schema allows."""
    if not isinstance(schema, dict) or depth > 6:
        return {}
    for key in ("example", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]

    kind = schema.get("type", "object")
    if kind == "object":
        return {name: _sample(part, depth + 1) for name, part in schema.get("properties", {}).items()}
    return {"array": [], "string": "", "integer": 0, "number": 0, "boolean": False}.get(str(kind))


ROLES: dict[str, Handler] = {
    "start": start,
    "detail": detail,
    "batch": batch,
    "list": listing,
    "processing": processing,
    "delete": delete,
    "rename": rename,
    "mark": mark,
    "retry": retry,
    "average": average,
    "remove": remove,
    "other": other,
}
