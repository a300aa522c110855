"""Many threads on one client: they share its connections and its polls."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from a2e_async.sandbox import Sandbox
from a2e_async.sync import A2E

THREADS = 100


@pytest.mark.slow
def test_a_hundred_threads_share_their_polls() -> None:
    with (
        Sandbox(durations={"*": (2.5, 0.1)}, coins=1_000_000) as sandbox,
        A2E(sandbox.token, base_url=sandbox.url) as a2e,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        results = list(pool.map(lambda n: a2e.text_to_image(prompt=f"kite {n}").run(), range(THREADS)))
    assert len({result.task.id for result in results}) == THREADS == sandbox.ledger.made("text_to_image")
    assert sandbox.ledger.count("api") <= 1.2 * THREADS, sandbox.ledger.count("batch")
