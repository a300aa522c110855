"""What parts of the package need of others, where importing those would make a circle."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol

from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    from a2e_async._spec.routes import Routes
    from a2e_async._tasks.readers import TaskReader
    from a2e_async._transport.requests import Transport
    from a2e_async.runtime import Runtime

__all__ = ["Client", "Family", "NoRuntime"]


class NoRuntime(ConfigurationError, AttributeError):
    """There is no runtime here. To ``hasattr`` and `inspect.getmembers` the attribute is just missing."""


class Client(Protocol):
    """What a resource needs of the client that it belongs to."""

    @property
    @abstractmethod
    def runtime(self) -> Runtime:
        """The parts of the client that belong to the running event loop."""


class Family(Protocol):
    """What the runtime needs to know of a workflow."""

    name: ClassVar[str]
    routes: ClassVar[Routes]

    @abstractmethod
    def reader(self, transport: Transport) -> TaskReader:
        """Return the reader that the poller uses for its tasks."""
