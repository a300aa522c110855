"""How consoles and notebooks display a value; how it looks there is in `a2e_async.looks`."""

from __future__ import annotations

__all__ = ["Displayed"]


class Displayed:
    """A value that is displayed as one line in a console, and as a card in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        from a2e_async.looks import line_of

        return line_of(self)

    def _repr_html_(self) -> str:
        from a2e_async.looks import card_of

        return card_of(self)
