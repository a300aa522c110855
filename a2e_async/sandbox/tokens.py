"""API tokens of the form of real ones: ``sk_`` and a JWT, whose middle part holds the user's id."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

__all__ = ["make_token", "user_id_of"]


def user_id_of(seed: int) -> str:
    """The id of a sandbox's account. It is the same for each sandbox of that seed, as the token is."""
    return f"{random.Random(f'account {seed}').getrandbits(96):024x}"


def make_token(user_id: str, digits: random.Random) -> str:
    """A token of that user.

    Args:
        user_id: the account's id.
        digits: what draws the signature.
    """
    parts = (_encoded({"alg": "HS256", "typ": "JWT"}), _encoded({"_id": user_id, "role": 0}))
    return f"sk_{'.'.join((*parts, _text(digits.randbytes(32))))}"


def _encoded(claims: dict[str, Any]) -> str:
    return _text(json.dumps(claims, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
