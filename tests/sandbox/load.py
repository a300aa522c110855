"""Measures how many requests a second one sandbox answers: ``python -m tests.sandbox.load``.

The sandbox runs in a process of its own. The load comes from this process, over raw asyncio sockets. Each
socket sends its next request as soon as an answer is complete.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import httpx

START = "/api/v1/userImage2Video/start"
BODY = {"image_url": "https://e.com/a.png", "prompt": "it waves", "name": "m-1"}


def request(method: str, path: str, token: str, body: Any = None) -> bytes:
    """A whole HTTP request, ready to send."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: sandbox", f"Authorization: Bearer {token}"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Asker(asyncio.Protocol):
    """Sends the same request again after each answer, and counts the answers."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.answers = 0
        self._buffer = bytearray()
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self.data)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._wanted:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            assert head.startswith(b"http/1.1 200"), bytes(self._buffer[:300])
            self._wanted = end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n")[0])

        if len(self._buffer) >= self._wanted:
            self.answers += 1
            self._wanted = 0
            self._buffer.clear()
            self._transport.write(self.data)


async def load(host: str, port: int, data: bytes, connections: int, seconds: float) -> float:
    """Send a request over several connections for a while, and return the answers per second."""
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(lambda: Asker(data), host, port) for _ in range(connections)]
    began, before = time.perf_counter(), sum(asker.answers for _, asker in pairs)
    await asyncio.sleep(seconds)
    answers = sum(asker.answers for _, asker in pairs) - before
    elapsed = time.perf_counter() - began
    for transport, _ in pairs:
        transport.abort()
    return answers / elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    command = [sys.executable, "-m", "a2e_async.sandbox", "--port", "0", "--json", "--coins", "1000000000"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        token, url = facts["token"], httpx.URL(facts["url"])

        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as http:
            ids = [http.post(START, json=BODY).json()["data"]["_id"] for _ in range(100)]
        requests = {
            "detail": request("GET", f"/api/v1/userImage2Video/{ids[0]}", token),
            "batchDetail of 100 ids": request(
                "POST", "/api/v1/userImage2Video/batchDetail", token, {"ids": ids}
            ),
            "list of 100": request("GET", "/api/v1/userImage2Video/allRecords?pageSize=100", token),
            "start": request("POST", START, token, BODY),
        }

        for name, data in requests.items():
            rate = asyncio.run(load(url.host, url.port or 80, data, given.connections, given.seconds))
            sys.stdout.write(f"{name}: {rate:.0f} requests/s over {given.connections} connections\n")

        process.terminate()


if __name__ == "__main__":
    main()
