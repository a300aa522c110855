"""Sizes in messages."""

from __future__ import annotations

from a2e_async._files.sizes import size_text


def test_sizes_for_people() -> None:
    assert [size_text(size) for size in (0, 1023, 1536, 5 << 20, 5 << 30, 5 << 42)] == [
        "0 bytes", "1023 bytes", "1.5 KiB", "5 MiB", "5 GiB", "2.048e+04 GiB"
    ]  # fmt: skip
