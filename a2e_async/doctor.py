"""Says what is wrong with a machine, its network, its settings or an account: ``a2e doctor``, as a function.

```python
for finding in anyio.run(examine):
    print(finding.status, finding.check, finding.text, finding.advice or "")
```
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import anyio
import attrs

from a2e_async._doctor import local, network, service
from a2e_async._doctor.finding import Finding, fail, warn
from a2e_async._transport.proxies import proxies_in_use
from a2e_async._transport.redaction import masked
from a2e_async.errors import ConfigurationError
from a2e_async.settings import BaseURL, Token

__all__ = ["Finding", "examine"]

_LOOK = 0.01  # seconds between two looks at a thread
_BEYOND_DNS = ("TCP", "TLS", "service", "clock", "account")


async def examine(
    *,
    token: str | None = None,
    base_url: str | None = None,
    proxy: str | None = None,
    journal: str | Path | None = None,
    limit: float = 5.0,
) -> tuple[Finding, ...]:
    """Check what a client needs. Nothing costs coins.

    A failed check does not end the others. Those that depend on it are reported as not tried. Without a
    usable base URL there are none about the network.

    Args:
        token: the API token; by default from A2E_API_TOKEN. No finding shows it.
        base_url: the address of the API; by default from A2E_BASE_URL, else the service's.
        proxy: as for `A2E`; by default what the environment says.
        journal: the file or the database of a bulk run, to be looked at too.
        limit: the most seconds that a check may take.

    Returns:
        The findings, in a fixed order. None is about what was not asked for.

    Example:
        ```python
        failed = [finding for finding in await examine() if finding.status == "fail"]
        ```
    """
    secret = Token(token)
    findings = [
        await _in_thread("versions", local.versions, limit),
        await _in_thread("extras", local.extras, limit),
        await _in_thread("token", lambda: local.token_present(token), limit),
        await _in_thread("base URL", lambda: local.base_url(base_url), limit),
        await _in_thread("trust", local.certificates, limit),
        await _in_thread("folder", local.temporary_folder, limit),
    ]
    if journal is not None:
        findings.append(await _in_thread("journal", lambda: local.journal_state(journal), limit))

    with suppress(ConfigurationError):
        url = BaseURL(base_url).checked(allow_http=False)
        findings += await _way_to(url, token, proxy, limit)
    return tuple(_without_secrets(finding, secret) for finding in findings)


async def _way_to(url: str, token: str | None, proxy: str | None, limit: float) -> list[Finding]:
    """The findings on the way to the service, from the nearest to the farthest."""
    found = [await _in_thread("proxy", lambda: local.proxy(url, proxy), limit)]
    if found[0].status == "fail":
        return [*found, *_not_tried("the proxy cannot be used", "DNS", *_BEYOND_DNS)]

    used = proxies_in_use(url, proxy)
    found.append(await _in_thread("DNS", lambda: network.name_resolution(url, used), limit))
    if found[1].status == "fail":
        return [*found, *_not_tried("the name of the host is not known", *_BEYOND_DNS)]

    # Together, so that they take as long as the slowest of them.
    later: dict[str, tuple[Finding, ...]] = {}

    async def keep(name: str, check: Callable[[], Awaitable[tuple[Finding, ...]]]) -> None:
        later[name] = await _bounded(name, check, limit)

    async with anyio.create_task_group() as group:
        group.start_soon(keep, "TCP", _threaded(lambda: network.connection(url, used, limit)))
        group.start_soon(keep, "TLS", _threaded(lambda: network.encryption(url, used, limit)))
        group.start_soon(keep, "service", lambda: service.answer(url, proxy, limit))
        group.start_soon(keep, "account", lambda: service.account(url, token, proxy, limit))
    return [*found, *(finding for name in ("TCP", "TLS", "service", "account") for finding in later[name])]


def _not_tried(reason: str, *names: str) -> list[Finding]:
    return [warn(name, f"not tried: {reason}") for name in names]


async def _in_thread(name: str, check: Callable[[], Finding], limit: float) -> Finding:
    [finding] = await _bounded(name, _threaded(check), limit)
    return finding


def _threaded(check: Callable[[], Finding]) -> Callable[[], Awaitable[tuple[Finding, ...]]]:
    """The check, in a thread that nobody waits for at exit: a name server may keep silent for minutes."""

    async def run() -> tuple[Finding, ...]:
        answer: Future[Finding] = Future()
        threading.Thread(target=_answer, args=(check, answer), name="a2e-doctor", daemon=True).start()
        while not answer.done():  # noqa: ASYNC110 - only anyio's own threads can set an Event
            await anyio.sleep(_LOOK)
        return (answer.result(),)

    return run


def _answer(check: Callable[[], Finding], answer: Future[Finding]) -> None:
    try:
        answer.set_result(check())
    except BaseException as error:
        answer.set_exception(error)


async def _bounded(
    name: str, check: Callable[[], Awaitable[tuple[Finding, ...]]], limit: float
) -> tuple[Finding, ...]:
    """What the check found; a finding that it failed, if it did, or took too long."""
    try:
        with anyio.fail_after(limit):
            return await check()
    except TimeoutError:
        return (fail(name, f"no end within {limit:g} s", "try again; is the network slow or blocked?"),)
    except Exception as error:
        return (fail(name, f"{type(error).__name__}: {error}", "please report this as a bug"),)


def _without_secrets(finding: Finding, token: Token) -> Finding:
    try:
        known = token.checked()
    except ConfigurationError:
        known = None
    return attrs.evolve(finding, text=masked(finding.text, known))
