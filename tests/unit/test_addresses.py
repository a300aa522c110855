"""Addresses that requests may be sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async.addresses import is_loopback, is_private, media_url_problem, sendable_url, url_problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://cdn.example/a?b=c", None),
        ("http://127.0.0.1:80/a", None),
        ("http://[::1]/a", None),
        ("http://localhost/a", None),
        ("http://127.evil.example/a", "plain http"),
        ("http://localhost.evil.example/a", "plain http"),
        ("http://0.0.0.0/a", "plain http"),
        ("file:///etc/passwd", "http(s)"),
        ("https://", "http(s)"),
        ("//cdn.example/a", "http(s)"),
        ("https://[broken/a", "not a URL"),
        ("https://host:port/a", "not a URL"),
        ("https://user@host/a", "user name"),
        ("https://host/a\r\nX: y", "spaces"),
        ("https://host/a b", "spaces"),
        ("", "http(s)"),
    ],
)
def test_where_files_may_go(url: str, problem: str | None) -> None:
    found = url_problem(url)
    assert found is None if problem is None else problem in (found or "")


@given(st.text())
def test_any_text_can_be_judged_as_a_url(url: str) -> None:
    assert url_problem(url) is None or isinstance(url_problem(url), str)


@given(st.text())
def test_any_text_can_be_rewritten(url: str) -> None:
    once = sendable_url(url)
    assert sendable_url(once) == once
    media_url_problem(url, private_hosts=False)
    is_private(url)


@pytest.mark.parametrize(
    ("url", "sendable"),
    [
        ("https://cdn.example/a b.png", "https://cdn.example/a%20b.png"),
        ("https://cdn.example/a%20b.png?s=%2F&t=a b", "https://cdn.example/a%20b.png?s=%2F&t=a%20b"),
        ("https://cdn.example/100%.png", "https://cdn.example/100%25.png"),
        ("https://cdn.example/ü/猫.png#t=3", "https://cdn.example/%C3%BC/%E7%8C%AB.png"),
        (" https://cdn.example/a\n", "https://cdn.example/a"),
        ("http://cdn.example:80/a", "https://cdn.example/a"),
        ("HTTP://cdn.example?a", "https://cdn.example?a"),
        ("http://127.0.0.1:8000/a b", "http://127.0.0.1:8000/a%20b"),
        ("https://host/a\r\nX: y", "https://host/a\r\nX:%20y"),
        ("https://[broken/a", "https://[broken/a"),
    ],
)
def test_urls_as_they_can_be_sent(url: str, sendable: str) -> None:
    assert sendable_url(url) == sendable


PRIVATE = (
    "localhost LOCALHOST localhost. a.localhost nas.local db.internal router.lan 127.0.0.1 127.1 2130706433 "
    "0x7f000001 0x7f.1 0177.0.0.1 0 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 ::1 "
    ":: [::1] fe80::1%eth0 fd00::1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: "
    "\uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021 %6cocalhost 224.0.0.1"
)
PUBLIC = "cdn.example.com 8.8.8.8 1.1 134744072 2001:4860:4860::8888 10.example.com localhost.test dead.beef"


@pytest.mark.parametrize("host", PRIVATE.split())
def test_private_hosts_in_every_spelling(host: str) -> None:
    assert is_private(host)
    authority = f"[{host.partition('%')[0]}]" if ":" in host and "[" not in host else host
    assert media_url_problem(f"https://{authority}:9000/a.png", private_hosts=False)
    assert media_url_problem(f"https://{authority}:9000/a.png", private_hosts=True) is None
    assert url_problem(f"https://{authority}/a.png", private_hosts=False)


@pytest.mark.parametrize("host", PUBLIC.split())
def test_public_hosts(host: str) -> None:
    assert not is_private(host)
    authority = f"[{host}]" if ":" in host else host
    assert media_url_problem(f"http://{authority}/a.png", private_hosts=False) is None
    assert url_problem(f"https://{authority}/a.png", private_hosts=False) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///home/ann/cat.png", "file: URL"),
        ("FILE://c:/cat.png", "file: URL"),
        ("s3://bucket/cat.png", "s3: URL"),
        ("gs://bucket/cat.png", "gs: URL"),
        ("ftp://host/cat.png", "ftp: URL"),
        ("blob:https://a.example/1", "blob: URL"),
        ("http://minio:9000/cat.png", "at minio"),
        ("data:image/png;base64,iVBORw0KGgo=", None),
        ("asset://abc", None),
        ("https://cdn.example/cat.png", None),
        ("a red kite", None),
    ],
)
def test_urls_that_the_service_cannot_fetch(url: str, problem: str | None) -> None:
    found = media_url_problem(url, private_hosts=False)
    assert found is None if problem is None else problem in (found or "")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "a2e.localhost", "127.0.0.1", "127.9.9.9", "127.1", "0x7f.1"],
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["::1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"])
def test_this_machine_by_its_newer_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",
        "10.0.0.1",
        "::",
        "64:ff9b::7f00:1",
        "::ffff:10.0.0.1",
        "localhost.example",
        "127.example",
    ],
)
def test_other_machines(host: str) -> None:
    assert not is_loopback(host)
