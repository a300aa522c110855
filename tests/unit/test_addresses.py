"""Addresses that requests may be sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async.addresses import url_problem


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
