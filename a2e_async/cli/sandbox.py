"""``a2e sandbox``: a local A2E for other programs."""

from __future__ import annotations

from a2e_async.cli.command import Options
from a2e_async.errors import ConfigurationError

__all__ = ["serve"]


def serve(options: Options) -> int:
    """Serve until Ctrl-C.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: the extra is not installed.
    """
    try:
        from a2e_async.sandbox.__main__ import main
    except ImportError:
        raise ConfigurationError("a2e sandbox needs an extra: pip install 'a2e-async[sandbox]'") from None

    given = [f"--port={options.port}", f"--speed={options.speed:g}"]
    try:
        return main([*given, "--json"] if options.json else given, program="a2e")
    except SystemExit as left:  # what was wrong has been printed
        return left.code if isinstance(left.code, int) else 1
