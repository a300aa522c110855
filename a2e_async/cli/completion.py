"""``a2e completion``: the script that a shell needs to complete this command line."""

from __future__ import annotations

import sys

from click.shell_completion import get_completion_class

from a2e_async.cli.program import COMPLETE, make_program
from a2e_async.cli.streams import write_line

__all__ = ["show"]


def show(shell: str) -> int:
    """Print the script.

    Returns:
        The exit code.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise ValueError(shell)
    script = kind(make_program(), {}, "a2e", COMPLETE).source()
    write_line(sys.stdout, script.rstrip())
    return 0
