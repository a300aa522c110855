"""The command line: ``a2e``, or ``python -m a2e_async``.

    a2e run image_to_video --image-url cat.png --prompt "it waves" --out out/
    a2e bulk jobs.jsonl --journal run.db --out out/
    a2e doctor

Commands are made from the generated operations, so a new family in `a2e_async.api` has its commands at once.

**Names**: resources and methods have the same names as in Python; hyphens may replace underscores. A keyword
becomes an option (``image_url``: ``--image-url``). If the command already has an option of that name, the
option is ``--field-NAME``.

**Files**: where the API takes the URL of a medium, anything that is not a URL is the path of a file, which
is uploaded. ``@cat.png`` is always a file. All other values are taken literally. Objects are given as JSON,
or as ``@file.json``.

**Jobs** of a bulk run are lines of JSON, or a table (CSV) as spreadsheets write it. Both may be UTF-8 or
UTF-16; ``--encoding`` names an older encoding. What cannot be read is refused with its line.

**Output**: results go to stdout, one on a line, or as JSON with ``--json``. Progress, warnings and errors go
to stderr. An error is one line. What a terminal cannot encode is escaped. While the service cannot be
reached, a line counts the tries.

**Exit codes**: 0 if all went well; 1 if the service refused, a task or a check of ``a2e doctor`` failed,
nobody reads stdout any more, or another error occurred; 2 if the command is invalid or the client is not
configured (nothing was sent); 130 after Ctrl-C.

**Environment**: A2E_API_TOKEN (the token is never an argument, because other users of the machine can read
those), A2E_BASE_URL, A2E_WEBHOOK_SECRET and A2E_WEBHOOK_URL (``a2e listen``); see `A2E` for the others.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the arguments; those of the process by default.

    Returns:
        The exit code.
    """
    from a2e_async.cli.program import run

    return run(arguments)
