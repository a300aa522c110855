"""Handlers of the account: tokens, coins, credits history and quotes."""

from __future__ import annotations

from datetime import datetime

from a2e_async.sandbox.families import family_of
from a2e_async.sandbox.handlers.tasks import not_found, paged, window
from a2e_async.sandbox.names import split_path
from a2e_async.sandbox.replies import Call, Reply, encode, error, ok
from a2e_async.sandbox.tokens import make_token
from a2e_async.sandbox.world import World

__all__ = [
    "add_user",
    "credits_history",
    "delete_token",
    "generate_token",
    "list_tokens",
    "quote",
    "remaining_coins",
    "switch_token",
]


def remaining_coins(world: World, call: Call) -> Reply:
    """Return the balance."""
    return ok(call, {"coins": world.account.balance, "diamonds": world.config.diamonds})


def quote(world: World, call: Call) -> Reply:
    """Return what a start would cost. Only the price is computed. The field's name is not published."""
    endpoint = call.body["endpoint"].removeprefix("POST ").strip()
    segments = split_path(endpoint)
    starts = [
        operation
        for operation in world.document.operations
        if operation.role == "start" and operation.segments == segments
    ]
    if not starts:
        return error(call, 400, f"endpoint {endpoint} is not supported")

    body = call.body["requestBody"]
    if not isinstance(body, dict):
        return error(call, 400, "requestBody must be an object")

    family = family_of(segments[0], starts[0].body_fields)
    wanted = body.get(family.count) if family.count else 1
    number = wanted if isinstance(wanted, int) and wanted > 0 else 1
    coins = world.catalogue.cost(family, body) * number
    return ok(call, {"generationRequestValidated": False, "endpoint": endpoint, "coins": coins})


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.timestamp()


def _rounded(world: World, at: float) -> float:
    """A time rounded to whole milliseconds, as ``createdAt`` shows it."""
    return _moment(world.stamp(at))


def credits_history(world: World, call: Call) -> Reply:
    """List the changes of the balance, newest first. Grants are above zero, spending is below."""
    lines = list(reversed(world.account.history))

    consumption = call.query.get("is_consumption")
    if consumption is not None:
        lines = [line for line in lines if (line.amount < 0) == consumption]

    try:
        first = _moment(call.query["startDate"]) if call.query.get("startDate") else None
        last = _moment(call.query["endDate"]) if call.query.get("endDate") else None
    except ValueError:
        return error(call, 400, "startDate and endDate must be ISO dates")
    if first is not None:
        lines = [line for line in lines if _rounded(world, line.at) >= first]
    if last is not None:
        lines = [line for line in lines if _rounded(world, line.at) <= last]

    offset, length = window(call)
    rows = [
        encode(
            {
                "_id": line.id,
                "amount": line.amount,
                "balance": line.balance,
                "description": line.reason,
                "createdAt": world.stamp(line.at),
            }
        ).encode()
        for line in lines[offset : None if length is None else offset + length]
    ]
    return paged(call, rows, len(lines), "rows")


def add_user(world: World, call: Call) -> Reply:
    """Add a user below this account. The reply does not show the password."""
    return ok(call, world.add_record("user", {"username": call.body["username"]}, call.now))


def generate_token(world: World, call: Call) -> Reply:
    """Make an API token that works from now on."""
    secret = make_token(world.account.user_id, world.random)
    return ok(call, world.add_token(call.body["alias"], secret))


def list_tokens(world: World, call: Call) -> Reply:
    """List all tokens, with their secrets shortened."""
    records = world.account.tokens.values()
    return ok(call, [{**record, "token": f"{record['token'][:6]}..."} for record in records])


def delete_token(world: World, call: Call) -> Reply:
    """Delete a token, which stops working at once."""
    gone = world.account.tokens.pop(call.body["_id"], None)
    return not_found(call, "Token") if gone is None else ok(call, {})


def switch_token(world: World, call: Call) -> Reply:
    """Enable or disable a token. The type of ``enabled`` is not published: a boolean or its name works."""
    record = world.account.tokens.get(call.body["_id"])
    if record is None:
        return not_found(call, "Token")

    wanted = str(call.body["enabled"]).lower()
    if wanted not in ("true", "false", "1", "0"):
        return error(call, 400, "enabled must be true or false")
    record["enabled"] = wanted in ("true", "1")
    return ok(call, {"_id": record["_id"], "enabled": record["enabled"]})
