"""Workflows whose starts take webhooks, and the calls about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from a2e_async._spec.field import Field
from a2e_async._spec.routes import Routes
from a2e_async.hooks import LocalBus, TaskHook
from a2e_async.webhooks import Webhooks
from tests.unit.sample import (
    BATCH_DETAIL,
    GET,
    LIST,
    NAMELESS_START,
    START,
    Pictures,
    Service,
    Sketches,
)

URL = "https://app.example.com/a2e"
WEBHOOK = (Field("webhook_url", str), Field("webhook_token", str))


class Called(Pictures):
    """Pictures whose start takes a webhook."""

    start = attrs.evolve(START, body=(*START.body, *WEBHOOK))
    routes = Routes(start=start, get=GET, batch_detail=BATCH_DETAIL, list=LIST)


class CalledSketches(Sketches):
    """The same, without a name."""

    start = attrs.evolve(NAMELESS_START, body=(*NAMELESS_START.body, *WEBHOOK))
    routes = Routes(start=start, get=GET, batch_detail=BATCH_DETAIL, list=LIST)


class HalfCalled(Pictures):
    """Pictures whose start takes an address, but no token that proves who calls."""

    start = attrs.evolve(START, body=(*START.body, WEBHOOK[0]))
    routes = Routes(start=start, get=GET, batch_detail=BATCH_DETAIL, list=LIST)


class Unreadable(Pictures):
    """Pictures that can be started, and not read back."""

    start = Called.start
    routes = Routes(start=start)


def webhooks(**options: Any) -> Webhooks:
    """Webhooks of one process."""
    return Webhooks("sixteen bytes or more", URL, **options)


def sent_of(service: Service) -> list[Mapping[str, Any]]:
    """The bodies of the starts, in order."""
    return [
        json.loads(request.content) for request in service.requests if request.url.path.endswith("/start")
    ]


def hook_of(service: Service, number: int = -1, **record: Any) -> TaskHook:
    """The call about a start, as the service makes it; a record with other members if some are given."""
    task = service.tasks[number]
    sent = sent_of(service)  # in another order, if several starts were under way
    body = next((each for each in sent if each.get("name", "") == task.get("name")), sent[number])
    given = record or {"_id": task["_id"], "name": task.get("name", ""), "current_status": "completed"}
    return TaskHook(body["webhook_url"].rpartition("/")[2], "task.completed", records=[given])


def deliver(hooks: Webhooks, hook: TaskHook) -> None:
    """Receive a call."""
    assert isinstance(hooks.bus, LocalBus)
    hooks.bus.deliver(hook)
