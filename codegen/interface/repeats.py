"""Which operations may be sent again after a lost answer: only those that are known to read.

The HTTP method proves nothing. ``GET userFaceSwapTask/retry`` acts, and a POST whose name ends like a
read may make something that is paid for. So an operation is sent once unless this module or the overlay
knows better.
"""

from __future__ import annotations

import re

from codegen.document.tree import SpecError
from codegen.interface.families import Endpoint, Family

__all__ = ["REPEATABLE", "is_repeatable"]

REPEATABLE = "x-a2e-repeatable"
"""The extension of an operation that decides for it."""

_READS = re.compile(r"(?:allRecords|list|records|detail|status|allProcessing|[a-z]\w*Records?)")
"""Last segments of GETs that only read."""


def is_repeatable(family: Family, endpoint: Endpoint) -> bool:
    """Whether sending the operation twice is known to do no more than sending it once.

    Raises:
        SpecError: the overlay says so about a start, or says neither true nor false.
    """
    declared = endpoint.operation.get(REPEATABLE)
    if declared is not None and not isinstance(declared, bool):
        raise SpecError(f"{REPEATABLE} is {declared!r}, neither true nor false")
    if family.is_start(endpoint):
        if declared:
            raise SpecError(f"{REPEATABLE}: a start is never sent twice")
        return False

    if declared is not None:
        return declared
    if endpoint is family.batch_detail:
        return True
    return endpoint.ref.method == "get" and (
        endpoint in (family.get, family.list)
        or _READS.fullmatch(endpoint.tail[-1] if endpoint.tail else "") is not None
    )
