"""OpenTelemetry: traces and metrics of what a client does. See docs/tracing.md.

A client is traced if the application has loaded `opentelemetry.trace` before the client is made, or if it
says `A2E(tracing=True)`. Otherwise nothing of this is imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import attrs

from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from a2e_async.announcer import Listener

__all__ = ["Tracing", "tracing_listener"]


@attrs.frozen(kw_only=True)
class Tracing:
    """How a client is traced, for `A2E(tracing=…)`.

    Args:
        prompts: whether spans contain the prompts and other texts of jobs, as ``gen_ai.input.messages``.
        statuses: whether the span of a job shows each status of its task as an event. Every record of a poll
            is then looked at more closely, which takes some CPU.
        tracer_provider: makes the spans; by default the application's own, also if that is set later.
        meter_provider: makes the metrics; by default the application's own, also if that is set later.

    Example:
        ```python
        a2e = A2E(tracing=Tracing(prompts=True))
        ```
    """

    prompts: bool = False
    statuses: bool = False
    tracer_provider: TracerProvider | None = attrs.field(default=None, repr=False)
    meter_provider: MeterProvider | None = attrs.field(default=None, repr=False)


def tracing_listener(given: bool | Tracing | None) -> Listener | None:
    """Return the listener that traces a client; None if it is not to be traced.

    Args:
        given: how to trace it; None traces it if the application has loaded OpenTelemetry.

    Raises:
        ConfigurationError: it is not a bool or a `Tracing`, or OpenTelemetry is not installed.
    """
    if given is False or (given is None and "opentelemetry.trace" not in sys.modules):
        return None
    if given is not None and not isinstance(given, bool | Tracing):
        raise ConfigurationError(f"tracing: {given!r} is not True, False or a2e_async.tracing.Tracing(…)")

    options = given if isinstance(given, Tracing) else Tracing()
    try:
        from a2e_async._tracing.spans import Tracer  # it imports OpenTelemetry

        return Tracer(options)
    except Exception as error:
        if given is None:
            import logging  # only here

            # Nobody has asked for it, so it must not be in anybody's way.
            logging.getLogger("a2e_async").warning("tracing: OpenTelemetry cannot be used: %s", error)
            return None
        what = "pip install opentelemetry-api" if isinstance(error, ImportError) else "is it too old?"
        raise ConfigurationError(f"tracing: OpenTelemetry cannot be used ({error}): {what}") from error
