"""The command line: ``a2e``, or ``python -m a2e_async``. It needs the extra ``cli``.

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

**Output**: results go to stdout, one on a line with tabs between the cells, or as JSON with ``--json``. On a
terminal the cells are columns, and a line is cut to its width. Progress, warnings and errors go to stderr. An
error is one line. What a terminal cannot encode is escaped. While the service cannot be reached, a line
counts the tries.

**Exit codes**: 0 if all went well; 1 if the service refused, a task or a check of ``a2e doctor`` failed,
nobody reads stdout any more, or another error occurred; 2 if the command is invalid or the client is not
configured (nothing was sent); 130 after Ctrl-C.

**Environment**: A2E_API_TOKEN (the token is never an argument, because other users of the machine can read
those; ``a2e init`` saves it in a file), A2E_BASE_URL, A2E_JOURNAL (the queue's database), A2E_WEBHOOK_SECRET
and A2E_WEBHOOK_URL (``a2e listen``), NO_COLOR; see `A2E` for the others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the arguments; those of the process by default.

    Returns:
        The exit code.
    """
    try:
        from a2e_async.cli.program import run
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        if sys.stderr is not None:
            sys.stderr.write("a2e: the command line needs an extra: pip install 'a2e-async[cli]'\n")
        return 2

    return run(arguments)
