"""What a client measures for OpenTelemetry. Imported only where `opentelemetry` is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry.metrics import get_meter

from a2e_async.client_events import Polled, Retried, Throttled

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

__all__ = ["Metrics"]

_DURATIONS = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800)  # seconds
_LATENESSES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30)  # seconds

Attributes = Mapping[str, str]


class Metrics:
    """Counts jobs, coins and requests, and measures how long jobs take.

    Args:
        provider: the provider of meters; None for the application's.
        version: the version of this package.
    """

    def __init__(self, provider: MeterProvider | None, version: str) -> None:
        meter = get_meter("a2e_async", version, provider)
        self._durations = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="Time from the start of a job until its end was noticed",
            explicit_bucket_boundaries_advisory=_DURATIONS,
        )
        self._latenesses = meter.create_histogram(
            "a2e.client.lateness",
            unit="s",
            description="About how late the end of a task was noticed",
            explicit_bucket_boundaries_advisory=_LATENESSES,
        )

        self._jobs = meter.create_counter("a2e.client.jobs", "{job}", "Jobs that have ended")
        self._coins = meter.create_counter("a2e.client.coins", "{coin}", "Coins charged")

        self._requests = meter.create_counter("a2e.client.requests", "{request}", "Starts sent, and polls")
        self._throttled = meter.create_counter("a2e.client.throttled", "{request}", "Requests refused by 429")
        self._retries = meter.create_counter(
            "a2e.client.retries", "{request}", "Requests that failed and were sent again"
        )

    def spent(self, coins: float, about: Attributes) -> None:
        """Count coins that were charged."""
        if coins > 0:
            self._coins.add(coins, about)

    def sent(self, about: Attributes) -> None:
        """Count a start that is sent."""
        self._requests.add(1, {**about, "a2e.request.type": "start"})

    def polled(self, event: Polled, about: Attributes) -> None:
        """Count a poll, and note how late it is for the tasks that have ended."""
        self._requests.add(1, {**about, "a2e.request.type": "poll"})
        for seconds in event.lateness:
            self._latenesses.record(seconds, about)

    def ended(self, seconds: float, about: Attributes, error: str | None = None, *, counts: bool) -> None:
        """Note how long a job took; count it if it goes on no more."""
        if error is not None:
            about = {**about, "error.type": error}
        self._durations.record(max(0.0, seconds), about)
        if counts:
            self._jobs.add(1, about)

    def retried(self, event: Retried | Throttled) -> None:
        """Count a request that is sent again."""
        if isinstance(event, Throttled):
            self._throttled.add(1)
        else:
            self._retries.add(1, {"error.type": event.error})
