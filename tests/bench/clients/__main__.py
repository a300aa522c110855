"""``python <this directory> MODE ADAPTER SPEC``: measure one client, print one line of JSON.

Run with the client's own environment; needs the standard library and that client only.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import warnings

from harness import Spec, run_jobs
from transfers import Transfer, run_transfer

SESSIONS = ("session", "starts")
"""Modes that open a client and run jobs through it: to the end, or only until they are accepted."""

TRANSFERS = ("uploads", "downloads")
"""Modes that move one file."""


def main() -> None:
    """Run what the command line says."""
    warnings.simplefilter("ignore", DeprecationWarning)
    mode, adapter, spec = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    module = importlib.import_module(f"adapters.{adapter}")
    if mode in SESSIONS:
        result = asyncio.run(run_jobs(getattr(module, mode), Spec(**spec)))
    elif mode in TRANSFERS:
        result = asyncio.run(run_transfer(getattr(module, mode), mode, Transfer(**spec)))
    else:
        result = asyncio.run(getattr(module, mode)(**spec))
    sys.stdout.write(json.dumps(result) + "\n")


main()
