"""Ctrl-C while a command runs."""

from __future__ import annotations

import asyncio
import signal

import pytest

from a2e_async.cli import interrupts
from a2e_async.cli.lines import each
from a2e_async.cli.service import run_async
from a2e_async.client import A2E


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_first_two_are_both_handled_where_the_command_waits() -> None:
    handled: list[str] = []

    async def command() -> None:
        asyncio.get_running_loop().call_soon(ctrl_c)
        asyncio.get_running_loop().call_soon(ctrl_c)
        for name in ("first", "second"):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                handled.append(name)
        raise asyncio.CancelledError

    with pytest.raises(KeyboardInterrupt):
        run_async(command)
    assert handled == ["first", "second"]


def test_a_command_that_does_not_end_is_broken_off_by_the_third() -> None:
    async def command() -> None:
        for _ in range(2):
            asyncio.get_running_loop().call_soon(ctrl_c)
            with pytest.raises(asyncio.CancelledError):
                await asyncio.Event().wait()
        ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        run_async(command)


def test_what_holds_up_the_loop_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "_HELD_UP", -1.0)

    async def command() -> None:
        ctrl_c()
        pytest.fail("went on")

    with pytest.raises(KeyboardInterrupt):
        run_async(command)


def test_reading_many_jobs_can_be_interrupted() -> None:
    async def command() -> None:
        asyncio.get_running_loop().call_soon(ctrl_c)
        async for _ in each([A2E("sk_x").text_to_image(prompt="x")] * 1000):
            pass
        pytest.fail("read them all")

    with pytest.raises(KeyboardInterrupt):
        run_async(command)


def test_another_cancellation_is_none_of_them() -> None:
    async def command() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_async(command)


def test_afterwards_they_are_handled_as_before() -> None:
    async def command() -> int:
        return 0

    before = signal.getsignal(signal.SIGINT)
    assert run_async(command) == 0
    assert signal.getsignal(signal.SIGINT) is before
