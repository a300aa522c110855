"""The event loop that is running, whichever library made it."""

from __future__ import annotations

from typing import Any

import anyio.lowlevel

from a2e_async.errors import ConfigurationError

__all__ = ["running_loop"]


def running_loop() -> Any:
    """Return an object that identifies the running event loop.

    Raises:
        ConfigurationError: no event loop is running.
    """
    try:
        token = anyio.lowlevel.current_token()
    except RuntimeError:
        raise ConfigurationError("there is no running event loop: call this inside async code") from None

    # Older releases of anyio return the native token itself.
    return getattr(token, "native_token", token)
