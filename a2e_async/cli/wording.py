"""Errors in the words of a shell: what somebody can type, where Python's text names keywords and methods."""

from __future__ import annotations

import re

from a2e_async.settings import GET_TOKEN, MISSING_TOKEN

__all__ = ["for_shell"]

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(python), shell)
    for python, shell in (
        (rf".* {re.escape(MISSING_TOKEN)}", f"no token: set A2E_API_TOKEN, or run a2e init; {GET_TOKEN}"),
        (r"\w+ is missing: pass secret=… or set (\w+)$", r"no secret: set \1, of at least 16 random bytes, "
         "here and for the program that starts tasks"),
        (r"; give the client webhooks, .* of your own", "; --no-wait starts one and does not wait"),
        (r", or allow_http=True if you must", ""),
        (r"^base_url: ", "--base-url: "),
        (r"^(max_coins|start_rate|retries|account_concurrency|lease|grace|priority): ", r"--\1: "),
        (r"^schedule_at: ", "--at: "),
        (r"give upload=False if", "give --no-upload if"),
        (r"give the file as pathlib\.Path\(\.\.\.\), bytes or an Upload", "give a file"),
        (r"max_coins cannot be kept: (.*) \(Job\.with_quote\)", r"--max-coins cannot be kept: \1"),
        (r"make it anew with changed=.restart.", "make and pay for it anew with --restart-changed"),
        (r" \(in Python: [^)]*\)", ""),
        (r"stream=True needs", "--stream needs"),
        (r"\bTask\(([\w.]+), (\w+)\) (has not ended within [\d.e+]+ s; it goes on)$",
         r"the task \3: a2e wait \1 \2"),
        (r"\bTask\((\w+), (\w+)\) is not known", r"the task \2 of \1 is not known"),
    )
)  # fmt: skip


def for_shell(text: str) -> str:
    """The text of an error, with what can be typed at a shell."""
    for python, shell in _PHRASES:
        text = python.sub(shell, text)
    return re.sub(r"^--\w+(?=: )", lambda name: name[0].replace("_", "-"), text)
