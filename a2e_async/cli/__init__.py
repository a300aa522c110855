"""The command line: ``a2e``, or ``python -m a2e_async``.

    a2e run image_to_video --image-url cat.png --prompt "it waves" --out out/
    a2e bulk jobs.jsonl --journal run.db --out out/

Commands are made from the generated operations, so a family that is new in `a2e_async.api` is here at once.

**Names**: resources and methods are written as in Python, with hyphens if you like. A keyword becomes an
option (``image_url``: ``--image-url``); one that is called like an option of the command itself becomes
``--field-NAME``.

**Files**: where the API wants the URL of a medium, what is no URL is the path of a file, which is uploaded;
``@cat.png`` is one in any case. Everywhere else a value is taken as it is. Objects are given as JSON, or as
``@file.json``.

**Output**: what was made on stdout, one thing a line, or as JSON with ``--json``; progress and errors on
stderr, errors in one line.

**Exit codes**: 0 when all went well; 1 when the service refused, a task failed, or anything else went wrong
on the way; 2 when the command cannot be right or the client is not set up (nothing was sent); 130 after
Ctrl-C.

**Environment**: A2E_API_TOKEN (the token is never an argument, where other users of the machine could read
it), A2E_BASE_URL.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: instead of ``sys.argv``.

    Returns:
        The exit code.
    """
    from a2e_async.cli.program import run

    return run(arguments)
