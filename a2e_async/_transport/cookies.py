"""No cookies: what a server asks to keep is neither kept nor sent."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

__all__ = ["no_cookies"]


@functools.cache
def no_cookies() -> CookieJar:
    """Return a jar for the HTTP library that stays empty.

    The library's own jar adds every cookie to each later request of its pool: until no server takes a head
    of that size, or until one holds a character that no header can.
    """
    from http.cookiejar import CookieJar  # loaded by the HTTP library

    class EmptyJar(CookieJar):
        def extract_cookies(self, response: Any, request: Any) -> None:
            """Keep nothing."""

        def set_cookie(self, cookie: Any) -> None:
            """Keep nothing."""

    return EmptyJar()
