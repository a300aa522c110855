"""What `a2e_async.worker` loads, and what it says where the extra is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from a2e_async import A2E, ConfigurationError, worker
from a2e_async.worker import Enqueued


def test_it_loads_no_queue_and_no_driver() -> None:
    code = (
        "import sys, a2e_async.worker, a2e_async.cli.queue_options;"
        "print(*{'procrastinate', 'psycopg', 'psycopg_pool'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize("missing", ["procrastinate", "psycopg_pool"])
def test_without_the_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=r"the queue needs the extra 'worker': pip install"):
        worker.app(A2E("sk_x"), journal="postgresql://localhost/none")


def test_numbers_are_plain() -> None:
    assert Enqueued(1, 2, 3).to_dict() == {"queued": 1, "waiting": 2, "done": 3}
