"""``a2e init``: save the token in a file."""

from __future__ import annotations

import sys

from a2e_async.cli.command import Options
from a2e_async.cli.layout import amount
from a2e_async.cli.output import print_error, print_json, print_row
from a2e_async.cli.service import run_async
from a2e_async.cli.streams import is_terminal, write_line
from a2e_async.errors import ConfigurationError
from a2e_async.settings import GET_TOKEN, TOKEN_PLACE, Token
from a2e_async.token_file import token_path, write_token

__all__ = ["init"]


def init(options: Options) -> int:
    """Ask for the token, check it and write it.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: what was given is no token, or the file cannot be written.
    """
    given = _ask()
    if not given.strip():
        raise ConfigurationError(f"no token was given; {GET_TOKEN}")
    token = Token(given).checked()
    coins = run_async(_coins, token, options) if options.check else None
    path = write_token(token.authorization().removeprefix("Bearer "))
    if options.json:
        print_json({"file": path, "coins": coins})
        return 0

    print_row("file", path)
    if coins is not None:
        print_row("coins", amount(coins))
    return 0


def _ask() -> str:
    """The token, typed without being shown, or from stdin."""
    if sys.stdin is None:
        raise ConfigurationError("stdin is closed; write the token to it, as in: a2e init < token.txt")
    if not is_terminal(sys.stdin):
        return sys.stdin.readline()

    from getpass import getpass

    print_error(f"get a token at {TOKEN_PLACE}")
    print_error(f"it goes to {token_path()}, which only you can read")
    try:
        return getpass("API token (it is not shown): ")
    except EOFError:
        raise ConfigurationError("no token was given") from None
    except KeyboardInterrupt:
        write_line(sys.stderr, "")  # the cursor is behind the question
        raise


async def _coins(token: Token, options: Options) -> float | None:
    """Ask for the balance, which shows that the token works."""
    from a2e_async.client import A2E

    secret = token.authorization().removeprefix("Bearer ")
    async with A2E(secret, base_url=options.base_url) as a2e:
        return (await a2e.balance()).coins
