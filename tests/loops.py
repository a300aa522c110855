"""Which tests run on which event loop.

The tests of tasks, of bulk runs and of the transport run on asyncio and on trio. The others take turns:
half of them run on each, chosen by their names, so the same ones each time. With ``--both-loops``, as in the
workflow, all of them run on both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from zlib import crc32

import pytest

__all__ = ["taking_turns"]

_LOOPS = ("asyncio", "trio")
_ON_BOTH = ("tests/unit/tasks/", "tests/unit/bulk/", "tests/unit/transport/")


def taking_turns(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Divide tests into those that run and those whose twin on the other loop runs."""
    twins: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        twins[re.sub("asyncio|trio", "LOOP", item.nodeid)].append(item)

    running, left = [], []
    for name, found in twins.items():
        loop = _LOOPS[crc32(name.encode()) % 2]
        chosen = [item for item in found if loop in item.nodeid]
        if len(found) == 2 and len(chosen) == 1 and not name.startswith(_ON_BOTH):
            left += [item for item in found if item not in chosen]
        else:
            chosen = found
        running += chosen
    return running, left
