"""A2E without await."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from functools import partial, update_wrapper
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Self

from a2e_async import client
from a2e_async._sync.errands import Desk, OwnItems, OwnUpdates
from a2e_async._sync.face_classes import face_class, faced
from a2e_async._sync.faces import Face, bare
from a2e_async._sync.portal import Portal
from a2e_async._sync.wording import without_await

__all__ = ["A2E"]

if TYPE_CHECKING:
    _Base = Face
else:
    _Base = face_class(client.A2E)


class A2E(_Base):
    """The client without await; see `a2e_async.A2E`."""

    __slots__ = ()

    def __init__(self, token: str | None = None, **settings: Any) -> None:
        try:
            real = client.A2E(token, **settings)
        finally:
            token = None
            settings.clear()  # no traceback from here can show a secret
        super().__init__(real, Portal(real))

    def __enter__(self) -> Self:
        self._portal.enter()
        return self

    def __exit__(self, *error: object) -> None:
        self._portal.leave()

    def close(self) -> None:
        """Close all connections, and end the client's thread.

        Calls of other threads that are running are finished before. The client can still be used
        afterwards: the next call starts another thread.

        Raises:
            ConfigurationError: it is called in a running event loop.
        """
        self._portal.close()

    def bulk(self, jobs: Any = None, **settings: Any) -> Any:
        """Run many jobs; see `a2e_async.A2E.bulk`."""
        desk = Desk()
        try:
            if isinstance(jobs, list | tuple):
                jobs = [*map(bare, jobs)]
            elif isinstance(jobs, Iterable) and not isinstance(jobs, Face):
                jobs = OwnItems(jobs, desk, bare)
            elif isinstance(jobs, AsyncIterable) and not isinstance(jobs, Face):
                jobs = _bare_items(jobs)

            on_update = settings.get("on_update")
            if callable(on_update) and not iscoroutinefunction(on_update):
                settings["on_update"] = OwnUpdates(on_update, desk, partial(faced, portal=self._portal))
            run = self._real.bulk(bare(jobs), **settings)
        finally:
            settings.clear()  # the URL of a database holds a password
        return face_class(type(run))(run, self._portal, desk)


update_wrapper(A2E.__init__, client.A2E.__init__)
update_wrapper(A2E.bulk, client.A2E.bulk)
A2E.bulk.__doc__ = without_await(client.A2E.bulk.__doc__ or "")
A2E.__doc__ = without_await(client.A2E.__doc__ or "")


async def _bare_items(jobs: AsyncIterable[Any]) -> AsyncIterator[Any]:
    async for job in jobs:
        yield bare(job)
