"""The cases that were thought up: what the service, a proxy or a CDN is likely to answer one day."""

from __future__ import annotations

from tests.replies.likely_ends import ends
from tests.replies.likely_errors import errors
from tests.replies.likely_files import files
from tests.replies.likely_lists import lists
from tests.replies.likely_routes import routes
from tests.replies.likely_starts import starts
from tests.replies.player import Case

__all__ = ["likely"]


def likely() -> list[Case]:
    """All cases that were thought up."""
    return [*starts(), *errors(), *routes(), *ends(), *lists(), *files()]
