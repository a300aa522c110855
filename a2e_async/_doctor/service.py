"""Checks of the service and the account. Only calls that are free of charge."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from a2e_async._doctor.finding import Finding, fail, ok, warn
from a2e_async._doctor.network import clock_skew
from a2e_async._transport.connections import Connections
from a2e_async._transport.proxies import ProxySetting
from a2e_async.addresses import is_loopback
from a2e_async.client import A2E
from a2e_async.errors import (
    A2EError,
    AuthenticationError,
    NotFound,
    PlanRequired,
    UnexpectedReply,
)
from a2e_async.policies import RetryPolicy

__all__ = ["account", "answer"]

_BALANCE = "/api/v1/user/remainingCoins"  # in no document, but in use by many


async def answer(url: str, proxy: str | None, limit: float) -> tuple[Finding, ...]:
    """Whether the service answers, and how far its clock is off. The request has no token."""
    setting = ProxySetting(proxy) if proxy is not None else None
    http = Connections(transport=None, max_connections=1, timeout=limit, proxy=setting)
    began = time.perf_counter()
    try:
        async with http.stream("GET", url + _BALANCE, headers={}) as response:
            status, date, now = response.status, response.headers.get("date"), time.time()
    except A2EError as error:
        return (
            fail("service", str(error), "see the failed lines above; else try again later"),
            clock_skew(None, 0.0),
        )

    clock = clock_skew(date, now)
    if is_loopback(urlsplit(url).hostname or ""):
        clock = ok("clock", "not compared: the base URL leads to this machine, as that of a sandbox does")
    text = f"answers in {time.perf_counter() - began:.2f} s (HTTP {status} without a token)"
    if status >= 500:
        return fail("service", text, "the service has a fault: try again later"), clock
    if status in (200, 401, 403):
        return ok("service", text), clock
    return warn("service", text, "is the base URL that of the API?"), clock


async def account(url: str, token: str | None, proxy: str | None, limit: float) -> tuple[Finding, ...]:
    """Whether the token works, and how many coins are left."""
    return (await _account(url, token, proxy, limit),)


async def _account(url: str, token: str | None, proxy: str | None, limit: float) -> Finding:
    once = RetryPolicy(attempts=1)
    try:
        async with A2E(token, base_url=url, proxy=proxy, retry=once, timeout=limit) as a2e:
            try:
                data = await a2e.request("GET", _BALANCE, repeatable=True)
            except (NotFound, UnexpectedReply):
                await a2e.transactions.credits_history(page_size=1).first(1)
                return ok("account", "the token works; the service does not show the coins")
    except AuthenticationError as error:
        return fail("account", str(error), "is the token complete and enabled? Make a new one if it is not")
    except PlanRequired as error:
        return fail("account", str(error), "upgrade the plan")
    except A2EError as error:
        return fail("account", str(error), "see the failed lines above; else try again later")

    coins = data.get("coins") if isinstance(data, Mapping) else None
    if not isinstance(coins, int | float):
        return ok("account", "the token works; the service does not show the coins")
    if coins <= 0:
        return warn("account", f"the token works; {coins:.12g} coins", "buy coins before you start a task")
    return ok("account", f"the token works; {coins:.12g} coins")
