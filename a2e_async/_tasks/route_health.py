"""Whether a route of the service works, as far as it has been seen. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs

from a2e_async._spec.field import Field
from a2e_async._spec.operation import Operation, one
from a2e_async.clock import Clock
from a2e_async.errors import A2EError, APIError, ServerError, UnexpectedReply
from a2e_async.failures import Failure, classify, is_permanent_here, may_concern_one_id
from a2e_async.records import TaskRecord

__all__ = ["RouteHealth", "alternatives", "may_pass"]

_MISSING = frozenset({404, 405, 410, 501})  # statuses of a route that is missing
_MISSING_FOR_ONE = frozenset({405, 501})  # the same, where a 404 may be about the id
_BROKEN = frozenset({500, 501})  # of a route that fails whenever it is asked
_FAILURES = 3  # failures in a row of any other kind, after which another route is tried

_REST = 3600.0  # seconds for which a route that does not work is left alone
_REST_IF_PROVEN = 60.0  # the same, if it has worked before


@attrs.define(eq=False)
class RouteHealth:
    """One route, and what has been seen of it.

    Attributes:
        operation: the route.
        proven: whether it has shown a task that was asked for.
        asked: whether it has been asked at all.
        failures: passing failures in a row.
        rests_until: when it may be asked again, in seconds of the client's clock.
    """

    operation: Operation[Any]
    proven: bool = False
    asked: bool = False
    failures: int = 0
    rests_until: float = -math.inf

    def is_usable(self, clock: Clock) -> bool:
        """Whether the route is worth a request."""
        return self.rests_until == -math.inf or clock.now() >= self.rests_until

    def works(self) -> None:
        """Remember that it has shown a task."""
        self.proven = True
        self.failures = 0

    def rest(self, now: float) -> None:
        """Leave the route alone for some time."""
        self.rests_until = now + (_REST_IF_PROVEN if self.proven else _REST)
        self.proven = False
        self.failures = 0

    def is_missing(self, error: A2EError) -> bool:
        """Whether the error says that there is no such route, rather than that there is no such task."""
        if not isinstance(error, APIError):
            return False
        status = error.code if error.status == 200 else error.status
        # A batch of unknown tasks is empty, and so is a list. Their 404 is about the route.
        takes_one_id = bool(self.operation.path_fields or self.operation.query) and not self.operation.paging
        if takes_one_id and not isinstance(error, UnexpectedReply):
            return status in _MISSING_FOR_ONE
        return status in _MISSING

    def gives_way(self, error: A2EError) -> bool:
        """Whether another route should be tried after this error.

        An error that concerns the account would be the same on every route. One that may concern an id of
        a route which has worked does not speak against the route.
        """
        if isinstance(error, ServerError):
            self.failures += 1
            return error.status in _BROKEN or error.code in _BROKEN or self.failures % _FAILURES == 0
        if isinstance(error, UnexpectedReply) or self.is_missing(error):
            return True
        return may_concern_one_id(error) and not self.proven


def alternatives(get: Operation[Any] | None) -> Iterator[Operation[Any]]:
    """A detail route, and the other form in which families have it: ``{_id}`` or ``detail/{id}``."""
    if get is None:
        return
    yield get

    base, _, last = get.path.rpartition("/")
    if get.method != "GET" or not last.startswith("{"):
        return
    other = base.removesuffix("/detail") if base.endswith("/detail") else f"{base}/detail"
    by_id = Field("id", str, "id", required=True)
    yield Operation("GET", f"{other}/{{id}}", one(TaskRecord), path_fields=(by_id,))


def may_pass(error: A2EError) -> bool:
    """Whether asking again may bring an answer. A route that is missing is no answer about a task."""
    if is_permanent_here(error):
        return False
    missing = isinstance(error, UnexpectedReply) and error.status in _MISSING
    return missing or classify(error) is not Failure.FINAL
