"""What can go wrong in a sandbox, and how often."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

__all__ = ["BEFORE", "KINDS", "Faults"]

BEFORE = (
    "status_403",  # refused
    "status_404",  # the HTML page of a route that does not exist
    "status_405",
    "status_429",  # refused, with Retry-After: `retry_after` (or `kind:seconds` in a script)
    "status_500",
    "status_502",
    "status_503",
    "status_504",
    "reset_before",  # the connection is reset
    "redirect",  # 302 to another path of the file origin
    "html",  # 200 with an HTML page
    "null_data",  # 200 with data null
    "maintenance",  # 503 with an HTML page and a Retry-After of an hour
    "error_page",  # downloads: 200 with an error page whose Content-Type is that of media
)
"""Faults that come instead of the work: nothing is done."""

AFTER = (
    "reset_after",  # the work is done, then the connection is reset
    "status_500_after",
    "status_502_after",
    "status_504_after",
    "late_504",  # 504 at once; the work is done up to `late_by` seconds later
    "truncated",  # the right Content-Length and half a body, then the connection closes
    "truncated_json",  # a complete HTTP reply with half a JSON text
    "cut",  # uploads and downloads: the connection closes after `cut_after` bytes
    "no_id",  # starts: 200 without an id
    "data_is_id",  # starts: ``data`` is the id itself
    "id_elsewhere",  # starts: the id has another name, or is in another place
    "code_200",  # the code of success is 200 instead of 0
    "empty_200",  # 200 with an empty body
    "duplicate",  # the whole reply is written twice on a kept connection
)
"""Faults that spoil the answer: the work is done, or will be."""

KINDS = BEFORE + AFTER
"""Every name that a script may use, besides ``ok`` and ``latency:<seconds>``."""


def _probability(_instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{attribute.name}: {value!r} is not a probability from 0 to 1")


def _selectors(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _p() -> float:
    return attrs.field(default=0.0, validator=_probability)


@attrs.frozen(kw_only=True, slots=False)
class Faults:
    """A rule about what goes wrong in some operations.

    Probabilities are numbers from 0 to 1. Times are seconds of the sandbox's clock.

    Attributes:
        operations: the selectors of the operations that the rule is about. A selector is a name
            (``image_to_video.start``), a key (``POST /api/v1/…``), a glob of either, or a role: ``start``,
            ``detail``, ``batch``, ``list``, ``delete``, ``upload``, ``download``, or ``api`` (everything
            but uploads and downloads; the default).
        latency: the mean of an extra time before each answer.
        jitter: the standard deviation of that time.
        status_403, status_404, status_405, status_429, status_500, status_502, status_503, status_504: the
            probability of this status instead of the work. A 404 and a 405 are HTML pages, as of a route
            that does not exist.
        missing_route: selectors of operations that do not exist: each of their requests is answered as with
            `status_404`. They may be any operations, not only those of `operations`.
        retry_after: the Retry-After of a 429; None leaves the header out. 3600 is what a proxy may ask for.
        rate_limit: how many requests a second all these operations together may make. Further ones are
            answered with 429 and a Retry-After of the time until the next one is let through.
        burst: how many of them may come at once after a pause: the size of the limit's token bucket. The
            default lets requests that are evenly apart come a little too early.
        reset_before: the probability that the connection is reset instead of the work.
        redirect: the probability of a 302 instead of the work.
        html: the probability of a 200 with an HTML page instead of the work.
        null_data: the probability of a 200 with ``data`` null instead of the work.
        maintenance: the probability of a 503 with the page of a maintenance and a Retry-After of an hour.
        error_page: the probability that a download is an error page (HTML, XML or JSON) with status 200 and
            the Content-Type of media.
        reset_after: the probability that the work is done and then the connection is reset.
        status_500_after, status_502_after, status_504_after: the probability that the work is done and
            this status is the answer.
        late_504: the probability of a 504 at once while the work is done later.
        late_by: how much later at most.
        truncated: the probability that half of the announced body is sent.
        truncated_json: the probability of a complete reply with half a JSON text.
        cut: the probability that an upload or download breaks off.
        cut_after: bytes that are sent before a `cut`; None cuts in the middle.
        no_id: the probability that a start is answered with 200 and no id, though the task was made.
        data_is_id: the probability that ``data`` of a start's reply is the id itself.
        id_elsewhere: the probability that a start's reply has the id under another name or in another place:
            ``taskId``, ``task._id``, beside ``data``, …
        code_200: the probability that a reply's code is 200 instead of 0.
        empty_200: the probability that the work is done and the answer is 200 with an empty body.
        duplicate: the probability that the whole reply is written twice and the connection kept, so that
            the copy looks like the answer to the next request.
        late_visibility: the probability that lists show a new task only later.
        visible_after: how much later.
        late_output: the probability that a new task is completed for some time before its record shows its
            output.
        output_after: how long that takes.
        task_fails: the probability that a new task fails.
        task_vanishes: the probability that a new task disappears halfway.
        script: selector -> kinds for the next requests, one for each. Scripts come before probabilities. A
            kind is a name of `KINDS`, ``ok``, ``latency:seconds``, or ``name:number``; the number is the
            Retry-After, the delay or the bytes.

    Example:
        ```python
        Faults(operations="start", reset_after=0.1, latency=0.2)
        ```
    """

    operations: tuple[str, ...] = attrs.field(default=("api",), converter=_selectors)
    latency: float = 0.0
    jitter: float = 0.0
    status_403: float = _p()
    status_404: float = _p()
    status_405: float = _p()
    missing_route: tuple[str, ...] = attrs.field(default=(), converter=_selectors)
    status_429: float = _p()
    retry_after: float | None = 1.0
    rate_limit: float | None = None
    burst: float = 1.5
    status_500: float = _p()
    status_502: float = _p()
    status_503: float = _p()
    status_504: float = _p()
    reset_before: float = _p()
    redirect: float = _p()
    html: float = _p()
    null_data: float = _p()
    maintenance: float = _p()
    error_page: float = _p()
    reset_after: float = _p()
    status_500_after: float = _p()
    status_502_after: float = _p()
    status_504_after: float = _p()
    late_504: float = _p()
    late_by: float = 60.0
    truncated: float = _p()
    truncated_json: float = _p()
    cut: float = _p()
    cut_after: int | None = None
    no_id: float = _p()
    data_is_id: float = _p()
    id_elsewhere: float = _p()
    code_200: float = _p()
    empty_200: float = _p()
    duplicate: float = _p()
    late_visibility: float = _p()
    visible_after: float = 10.0
    late_output: float = _p()
    output_after: float = 20.0
    task_fails: float = _p()
    task_vanishes: float = _p()
    script: Mapping[str, Sequence[str]] = attrs.field(factory=dict)

    @functools.cached_property
    def odds(self) -> tuple[tuple[str, float], ...]:
        """The kinds with a probability above 0, each as (kind, probability)."""
        pairs = ((kind, getattr(self, kind)) for kind in KINDS)
        return tuple((kind, chance) for kind, chance in pairs if chance)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Faults:
        """Make a rule from the JSON of PUT /sandbox/faults.

        Raises:
            ValueError: a member is not a fault, or a probability is invalid.
        """
        unknown = set(raw) - {field.name for field in attrs.fields(cls)}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return cls(**raw)
