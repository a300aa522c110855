"""Whose jobs a journal holds: those of one account, which a client of another one must not carry out."""

from __future__ import annotations

from a2e_async.errors import InvalidArgument

__all__ = ["check_owner"]


def check_owner(owner: str | None, account: str | None) -> None:
    """Refuse a client whose account is not that of the journal.

    Args:
        owner: the account that the journal belongs to; None for none yet.
        account: the account of the client; None if it starts nothing.

    Raises:
        InvalidArgument: they differ.
    """
    if None in (owner, account) or owner == account:
        return
    raise InvalidArgument(
        "journal",
        f"it belongs to the account {owner}, and this token is one of {account}; each account, also that of "
        "a sandbox, needs a journal of its own: name another file, database or schema",
    )
