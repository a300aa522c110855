"""Everyone who is measured, and with which settings."""

from __future__ import annotations

from typing import Any

import attrs

OURS = "ours"
PEER = "peer"
REFERENCE = "reference"


@attrs.frozen
class Client:
    """One line of the tables.

    Attributes:
        name: in tables and on the command line.
        environment: of `tests.bench.environments`.
        adapter: module in clients/adapters.
        role: ours, peer or reference.
        options: keywords for the adapter; none means the client's own defaults.
        setup: what the server is asked for beyond the scenario.
        extra: a second setting of a client, left out of quick runs.
        busy: it takes a good part of a core even while tasks of a minute run.
        about: what the reader must know.
    """

    name: str
    environment: str
    adapter: str
    role: str = PEER
    options: dict[str, Any] = attrs.field(factory=dict)
    extra: bool = False
    about: str = ""
    busy: bool = False
    setup: dict[str, Any] = attrs.field(factory=dict)


NAIVE = "naive"
BATCHED = "batched 0.25 s"
A2E = "a2e_async"
FAST = "a2e_async fast"
EARLY, EAGERLY = "a2e_async early", {"seconds": 0.75}
FRUGAL, FRUGALLY = "a2e_async frugal", {"seconds": 3.0}

CLIENTS = (
    Client(A2E, "a2e-async", "a2e", OURS, about="`await a2e.image_to_video(...).run()` for each job"),
    Client(
        EARLY,
        "a2e-async",
        "a2e",
        OURS,
        EAGERLY,
        True,
        "`A2E(lateness=Lateness(seconds=0.75))`, half the default",
    ),
    Client(
        FRUGAL,
        "a2e-async",
        "a2e",
        OURS,
        FRUGALLY,
        True,
        "`A2E(lateness=Lateness(seconds=3.0))`, twice the default",
    ),
    Client(FAST, "a2e-async-fast", "a2e", OURS, about="the same with the extra `fast`"),
    Client(
        BATCHED,
        "httpx",
        "batched",
        REFERENCE,
        {"tick": 0.25},
        about="hand-written: one batchDetail of 100 ids per tick",
    ),
    Client("batched 1 s", "httpx", "batched", REFERENCE, {"tick": 1.0}, about="the same, slower tick"),
    Client(NAIVE, "httpx", "naive", REFERENCE, about="hand-written: one GET per job per second", busy=True),
    Client("fal-client", "fal-client", "fal", about="`subscribe`", busy=True),
    Client(
        "fal-client 1 s", "fal-client", "fal", PEER, {"interval": 1.0}, True, "`subscribe(interval=1)`", True
    ),
    Client("replicate", "replicate", "replicate", about="`async_run`: the server holds the request"),
    Client(
        "replicate poll",
        "replicate",
        "replicate",
        PEER,
        {"wait": False},
        True,
        "`async_run(wait=False)`",
        True,
    ),
    Client("runwayml", "runwayml", "runwayml", about="`wait_for_task_output`"),
    Client("openai", "openai", "openai", about="`videos.create_and_poll`", busy=True),
    Client("elevenlabs", "elevenlabs", "elevenlabs", about="`flows.video.create_and_wait`"),
    Client("google-genai", "google-genai", "google_genai", about="the loop of its documentation (10 s)"),
    Client("lumaai", "lumaai", "lumaai", about="the loop of its documentation (3 s)"),
    Client("comfy-sdk", "comfy-sdk", "comfy", about="`run`"),
)
HOOKED = tuple(
    Client(f"a2e_async {name}", "a2e-async-sandbox", "a2e_hooked", OURS, options, about=about, setup=setup)
    for name, options, setup, about in (
        ("webhooks", {"confirm": True}, {}, "`A2E(webhooks=Webhooks(...))`"),
        ("webhooks, no confirm", {"confirm": False}, {}, "`Webhooks(..., confirm=False)`"),
        ("webhooks, 30 % lost", {"confirm": True}, {"lost": 0.3}, "three calls in ten are not made"),
    )
)
"""Woken by calls of the service; the suite `webhooks` measures them beside polling."""

SYNC = Client(
    "a2e_async.sync",
    "a2e-async",
    "a2e_sync",
    OURS,
    about="`a2e.image_to_video(...).run()` in a thread for each job",
)
"""Measured by the suite `sync`."""

BACKOFF = Client(
    "backoff",
    "httpx",
    "backoff",
    REFERENCE,
    about="hand-written: `naive` that waits when it is refused",
)
"""Measured by the suite `limits`."""

BY_NAME = {client.name: client for client in CLIENTS}


def chosen(names: tuple[str, ...], *, extras: bool = True) -> list[Client]:
    """The clients of the command line's ``--only``; a name stands for all settings that begin with it."""
    for name in names:
        if not any(_stands_for(name, client) for client in (*CLIENTS, BACKOFF)):
            raise SystemExit(f"no client {name!r}; there are: {', '.join(BY_NAME)}")
    some = [c for c in CLIENTS if not names or any(_stands_for(name, c) for name in names)]
    return [client for client in some if extras or not client.extra]


def _stands_for(name: str, client: Client) -> bool:
    return client.name == name or client.name.startswith(f"{name} ")
