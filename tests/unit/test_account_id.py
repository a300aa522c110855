"""Which account a token belongs to: never shown by a part of the token, the same for all tokens of a user."""

from __future__ import annotations

import base64
import json
import random
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2e_async.account_id import account_id_in
from a2e_async.sandbox.tokens import make_token, user_id_of
from a2e_async.settings import Settings, Token

USER = "65f0a1b2c3d4e5f601234567"
HEADER_CHARACTERS = string.ascii_letters + string.digits + string.punctuation


def encoded(claims: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def token_with(claims: Any, signature: str = "c2lnbmF0dXJl") -> str:
    return f"sk_{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}.{signature}"


def shows(token: str, text: str) -> bool:
    return any(text[at : at + 8] in token for at in range(len(text) - 7))


@pytest.mark.parametrize(
    ("claims", "account"),
    [
        ({"_id": USER, "role": 0}, USER),
        ({"user_id": USER}, USER),
        ({"userId": USER, "id": "of-the-token"}, USER),
        ({"uid": 4711}, "4711"),
        ({"sub": "auth0|65f0", "id": 7}, "auth0|65f0"),
        ({"id": USER}, USER),
        ({"user": {"name": "cat", "_id": USER}}, USER),
        ({"user": "cat"}, "cat"),
        ({"user": {"user": {"_id": "inner"}}, "id": USER}, USER),
    ],
)
def test_a_token_tells_its_user(claims: Any, account: str) -> None:
    assert account_id_in(token_with(claims)) == account
    assert account_id_in(token_with(claims).removeprefix("sk_")) == account
    assert account_id_in(token_with(claims, "b3RoZXI")) == account


@pytest.mark.parametrize(
    "claims",
    [
        *({}, [], "text", None, 7, {"role": 0}, {"id": None}, {"id": True}, {"id": 1.5}, {"id": [USER]}),
        *({"id": ""}, {"id": "a b"}, {"id": "a\nb"}, {"id": "é"}, {"id": "x" * 200}, {"id": 10**30}),
        {"user": {"user": {"_id": USER}}},
    ],
)
def test_what_tells_no_user_is_known_by_a_digest(claims: Any) -> None:
    token = token_with(claims)
    assert account_id_in(token) == account_id_in(token)
    assert account_id_in(token).startswith("token-")
    assert account_id_in(token) != account_id_in(token_with(claims, "b3RoZXI"))


def test_an_id_that_stands_in_the_token_itself_is_not_shown() -> None:
    assert account_id_in(f"sk_{USER}.{encoded({'id': USER})}.x").startswith("token-")


@pytest.mark.parametrize(
    "part",
    ["[" * 100_000, "9" * 10_000, "\x00", "{", '{"id": "' + USER],
    ids=["deep", "long", "nul", "open", "cut"],
)
def test_parts_that_are_no_json_are_harmless(part: str) -> None:
    inner = base64.urlsafe_b64encode(part.encode()).decode().rstrip("=")
    assert account_id_in(f"sk_x.{inner}.y").startswith("token-")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(USER),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["_id", "id", "user", "sub", "x"]), inner)
    ),
    max_leaves=6,
)
parts = st.text(HEADER_CHARACTERS, max_size=40) | json_values.map(encoded) | st.just(USER)


@given(st.text(max_size=200) | st.lists(parts, max_size=5).map(".".join).map("sk_{}".format))
def test_any_token_has_an_id_that_shows_no_part_of_it(token: str) -> None:
    account = account_id_in(token)
    assert account == account_id_in(token)
    assert account
    assert account.isascii()
    assert account.isprintable()
    assert "@" not in account
    assert not shows(token, account)


def test_the_account_names_its_service() -> None:
    def account(base_url: str) -> str:
        return Settings(Token(token_with({"_id": USER})), base_url, 1.0, 1).account

    assert account("https://video.a2e.ai") == f"{USER}@video.a2e.ai"
    assert account("https://video.a2e.ai./a/prefix") == f"{USER}@video.a2e.ai"
    assert account("http://127.0.0.1:8080") == account("http://127.0.0.1:9090") == f"{USER}@127.0.0.1"


def test_the_tokens_of_a_sandbox_tell_its_account() -> None:
    user = user_id_of(7)
    one, other = make_token(user, random.Random(1)), make_token(user, random.Random(2))
    assert one != other
    assert account_id_in(one) == account_id_in(other) == user
    assert user != user_id_of(8)
