"""Secrets are kept out of texts: the token, credentials, passwords and the signatures of URLs."""

from __future__ import annotations

import pytest

from a2e_async._transport.redaction import masked, masked_data, without_token
from a2e_async.settings import Token

LONG = "sk_test.3f9c1d7be2a64085"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"token {LONG} is invalid", "token <token> is invalid"),
        (f"x{LONG}y", "x<token>y"),
        ("got Bearer abc123def", "got Bearer <token>"),
        ("got Bearer%20abc123def", "got Bearer%20<token>"),
        ("Authorization: Basic dXNlcjpwYXNzMTIz", "Authorization: Basic <token>"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc is expired", "<token> is expired"),
        ("sk_0123456789abcdef0123 is expired", "<token> is expired"),
        ("via http://user:pass@proxy.example:3128 failed", "via http://...@proxy.example:3128 failed"),
        ("socks5://user:p%40ss@proxy: refused", "socks5://...@proxy: refused"),
        ("PUT https://host/a.png?X-Signature=1f&e=2: 403", "PUT https://host/a.png?...: 403"),
        ('"https://host/a.png?sig=1" and more', '"https://host/a.png?..." and more'),
    ],
)
def test_secrets_are_replaced(text: str, expected: str) -> None:
    assert masked(text, Token(LONG).checked()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the bearer token is missing",
        "Basic lighting looks better, or basic plan 2",
        "what is this? a kite",
        "https://host/a.png",
        "mail me@example.com",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert masked(text, Token(LONG).checked()) == text
    assert masked(text) == text


def test_a_short_token_is_replaced_as_a_word() -> None:
    token = Token("kite").checked()
    assert masked("the token 'kite' is invalid: kites, my-kite", token) == (
        "the token '<token>' is invalid: kites, my-kite"
    )
    assert masked("a cat", Token("a").checked()) == "a cat"


def test_decoded_json_is_masked() -> None:
    body = {"data": [{"header": f"Bearer {LONG}", LONG: 1, "n": None}], "url": "https://host/?sig=1"}
    assert masked_data(body, Token(LONG).checked()) == {
        "data": [{"header": "Bearer <token>", "<token>": 1, "n": None}],
        "url": "https://host/?...",
    }


def test_the_bytes_of_a_reply_keep_a_short_token() -> None:
    assert without_token(f'{{"a": "{LONG}"}}'.encode(), Token(LONG).checked()) == b'{"a": "<token>"}'
    assert without_token(b'{"a": "kite"}', Token("kite").checked()) == b'{"a": "kite"}'
