"""Files on hosts that trickle, or that are not where they seem to be. Over sockets."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from a2e_async import A2E, RetryPolicy
from a2e_async.errors import DownloadError
from tests.unit.sample import TOKEN

pytestmark = pytest.mark.anyio

ONCE = RetryPolicy(attempts=1)


async def test_a_download_that_trickles_ends_and_gives_its_place_back(tmp_path: Path) -> None:
    """Five bytes at a time are progress for a connection, and hold a place for good."""

    async def trickle(stream: ByteStream) -> None:
        async with stream:
            try:
                await stream.receive()
                await stream.send(
                    b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 99999\r\n\r\n"
                )
                while True:
                    await stream.send(b"12345")
                    await anyio.sleep(0.01)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, trickle)
        url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        async with A2E(TOKEN, base_url=url, timeout=2.0, retry=ONCE) as a2e:
            a2e.runtime.downloader._slow_after = 0.2
            with pytest.raises(DownloadError, match="less than 1 KiB a second is too slow"):
                await a2e.download(f"{url}/a.mp4", tmp_path)
            assert a2e.runtime.http.in_progress == 0
        group.cancel_scope.cancel()


async def test_a_result_whose_name_leads_to_this_machine_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def lying(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return resolve({"cdn.example": "127.0.0.1"}.get(name, "8.8.8.8"), port, *args, **options)

    with socket.create_server(("127.0.0.1", 0)) as inner:
        inner.settimeout(0)
        monkeypatch.setattr(socket, "getaddrinfo", lying)
        async with A2E(TOKEN, base_url="https://video.a2e.ai") as a2e:
            with pytest.raises(DownloadError, match=r"cdn\.example leads to 127\.0\.0\.1"):
                await a2e.download(f"https://cdn.example:{inner.getsockname()[1]}/a.mp4", tmp_path)

        connection, _ = inner.accept()
        with connection:
            assert connection.recv(100) == b"", "not even a greeting of TLS"
    assert os.listdir(tmp_path) == []
