"""Which account a token belongs to, in a form that may be stored. Nothing is sent."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

__all__ = ["DIGEST", "account_id_in"]

DIGEST = "token-"
"""How the id of an account begins whose token does not name it: it is a digest of the token."""

# What services call the user in a token. Those that could mean the token itself come last.
_NAMES = ("user_id", "userId", "userid", "uid", "user", "_id", "sub", "id")
_ID = re.compile(r"[A-Za-z0-9][\w.:|+-]{0,127}", re.ASCII)
_SHOWN = 8  # characters of a token that nothing else may show


def account_id_in(token: str) -> str:
    """Return the id of the user whose token it is, else a digest of the token. It never shows the token.

    Tokens of the service look like ``sk_`` and a JWT, whose middle part holds the user's id. Another token of
    the same user has the same id then; a digest is of this token only.

    Args:
        token: the API token.
    """
    found = _user_in(token)
    if found is None or _shows_part_of(token, found):
        digest = hashlib.blake2b(token.encode(errors="replace"), digest_size=16, person=b"a2e account")
        return f"{DIGEST}{digest.hexdigest()}"
    return found


def _user_in(token: str) -> str | None:
    parts = token.removeprefix("sk_").split(".")
    for part in (*parts[1:2], *parts[:1], *parts[2:]):
        if (found := _id_of(_claims(part))) is not None:
            return found
    return None


def _claims(part: str) -> Any:
    """What a part of the token says, None if it says nothing."""
    try:
        return json.loads(base64.b64decode(f"{part}{'=' * (-len(part) % 4)}", b"-_", validate=True))
    except (ValueError, RecursionError):
        return None


def _id_of(claims: Any) -> str | None:
    if not isinstance(claims, dict):
        return None
    for name in _NAMES:
        value = claims.get(name)
        if isinstance(value, dict):
            value = _id_of({key: inner for key, inner in value.items() if not isinstance(inner, dict)})
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value) if abs(value) < 10**20 else None
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
    return None


def _shows_part_of(token: str, text: str) -> bool:
    return any(text[at : at + _SHOWN] in token for at in range(max(len(text) - _SHOWN + 1, 0)))
