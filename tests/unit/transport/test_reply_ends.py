"""Where a reply ends: the same for every way of cutting its bytes."""

from __future__ import annotations

import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async._transport.reply_ends import ReplyEnd

REPLIES = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "no space": b"HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello",
    "empty": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "none": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\nA \r\n01234 6789\r\n0\r\n\r\n",
    "trailers": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: 1\r\ny: 2\r\n\r\n",
    "both": b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare": b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}",
}
UNKNOWN = {
    "until it closes": b"HTTP/1.1 200 OK\r\n\r\nhello",
    "other coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhello",
    "no HTTP": b"220 smtp.example ready\r\n\r\n",
    "upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n...",
    "bad chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000,
}


def parsed_by_h11(data: bytes) -> int:
    """How many of the bytes the parser of the library takes for the reply."""
    connection = h11.Connection(our_role=h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    while not isinstance(connection.next_event(), h11.EndOfMessage):
        pass
    return len(data) - len(connection.trailing_data[0])


@pytest.mark.parametrize("name", REPLIES)
@given(st.lists(st.integers(0, 200), max_size=8), st.sampled_from([b"", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]))
def test_the_end_is_where_the_parser_sees_it(name: str, cuts: list[int], behind: bytes) -> None:
    reply = REPLIES[name]
    data = reply + behind
    assert parsed_by_h11(data) == len(reply)

    end = ReplyEnd(b"GET")
    taken = 0
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for first, last in itertools.pairwise(bounds):
        if not end.is_complete:
            taken += end.feed(data[first:last])
    assert taken == len(reply)
    assert end.is_complete
    assert not end.is_unknown


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_end_that_cannot_be_seen(name: str) -> None:
    data = UNKNOWN[name]
    end = ReplyEnd(b"GET")
    assert end.feed(data) == len(data)
    assert end.is_unknown


@given(st.lists(st.binary(max_size=50)))
def test_any_bytes_can_be_followed(pieces: list[bytes]) -> None:
    end = ReplyEnd(b"GET")
    for piece in [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", *pieces]:
        assert 0 <= end.feed(piece) <= len(piece)


def test_the_method_decides_too() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
    end = ReplyEnd(b"HEAD")
    assert end.feed(head) == len(head)
    assert end.is_complete
    tunnel = ReplyEnd(b"CONNECT")
    tunnel.feed(b"HTTP/1.1 200 Connection established\r\n\r\n")
    assert tunnel.is_unknown
