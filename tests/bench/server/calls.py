"""Calls to the webhooks of starts: one attempt each, on a connection of its own."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import urlsplit

from . import a2e
from .tasks import Run, Task

_CALLS: set[asyncio.Task[None]] = set()
"""asyncio itself keeps no reference to a task that runs."""


def plan(run: Run, task: Task, body: bytes, base: str) -> None:
    """Call the webhook that a start asks for when its task is done. The call takes half a round trip."""
    sent = json.loads(body)
    if "webhook_url" not in sent or run.loses_call(task.job):
        return
    call = asyncio.get_running_loop().create_task(
        _call(run, task, str(sent["webhook_url"]), str(sent.get("webhook_token", "")), base)
    )
    _CALLS.add(call)
    call.add_done_callback(_CALLS.discard)


async def _call(run: Run, task: Task, url: str, token: str, base: str) -> None:
    await asyncio.sleep(task.done + run.setup.rtt / 2 - time.monotonic())
    body = a2e.called(run, task, base)
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: close\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"x-a2e-webhook-token: {token}\r\n\r\n"
    )

    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except OSError:
        return  # the run is over
    try:
        writer.write(head.encode() + body)
        answer = await reader.readline()
        run.calls += b" 204 " in answer
    except OSError:
        return
    finally:
        writer.close()
