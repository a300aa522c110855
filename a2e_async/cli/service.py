"""Run a command against the service, or against a sandbox that lives as long as the command."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from a2e_async.cli.command import Options, usage_error

if TYPE_CHECKING:
    from a2e_async.client import A2E

__all__ = ["Service", "run_async", "run_with_client", "service"]

T = TypeVar("T")

_TASK_SECONDS = 1.0  # of a sandbox: long enough to see something, short enough to try things out


@attrs.frozen(repr=False)
class Service:
    """Where a command sends its requests.

    Attributes:
        base_url: the URL of the API; None for that of the environment.
        token: the token; None for that of the environment or of the file.
    """

    base_url: str | None = None
    token: str | None = None


@contextmanager
def service(options: Options) -> Iterator[Service]:
    """Give the service of a command. With ``--sandbox`` it is started here, and ends with the block.

    Raises:
        ConfigurationError: the sandbox's extra is not installed.
        UsageError: the URL of another service is given, too.
    """
    if options.sandbox and options.base_url is not None:
        raise usage_error("--sandbox and --base-url lead to different services: give one of them")
    if not options.sandbox:
        yield Service(options.base_url)
        return

    from a2e_async.errors import ConfigurationError

    try:
        from a2e_async.sandbox import Sandbox
    except ImportError:
        raise ConfigurationError("--sandbox needs an extra: pip install 'a2e-async[sandbox]'") from None

    with Sandbox(durations={"*": _TASK_SECONDS}) as sandbox:
        yield Service(sandbox.url, sandbox.token)


def run_async(function: Callable[..., Coroutine[Any, Any, T]], *given: Any) -> T:
    """Run a coroutine function. Warnings of the package are printed meanwhile.

    Returns:
        What it returns: of a command, the exit code.
    """
    import anyio

    from a2e_async.cli.interrupts import interruptible
    from a2e_async.cli.notices import notices

    with notices():
        return anyio.run(interruptible(function), *given)


def run_with_client(command: Callable[[A2E, Options], Coroutine[Any, Any, int]], options: Options) -> int:
    """Run a command that needs a client.

    Returns:
        The exit code.
    """
    from a2e_async.cli.progress import show_event
    from a2e_async.client import A2E

    async def main(place: Service) -> int:
        async with A2E(place.token, base_url=place.base_url, on_event=show_event) as a2e:
            return await command(a2e, options)

    with service(options) as place:
        return run_async(main, place)
