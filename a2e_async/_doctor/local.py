"""Checks of this machine: versions, settings, variables and folders. Nothing is sent."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from a2e_async._doctor.finding import Finding, fail, ok, warn
from a2e_async._transport.proxies import proxies_in_use
from a2e_async._transport.trust import trust_in_use
from a2e_async.errors import A2EError, ConfigurationError
from a2e_async.settings import DOCS_HOST_PROBLEM, VERSION, BaseURL, Token, http_library_from

__all__ = [
    "base_url",
    "certificates",
    "extras",
    "journal_state",
    "proxy",
    "temporary_folder",
    "token_present",
    "versions",
]

_LIBRARIES = ("httpx", "anyio", "attrs")
_EXTRA = re.compile(r"([\w.-]+).*\bextra == ['\"]([\w-]+)['\"]")
_LEAST_SPACE = 100 * 2**20  # bytes; uploads from pipes and large results need a place


def versions() -> Finding:
    """The versions of Python, this package and what it needs."""
    found = [f"{name} {_version(name) or 'is missing'}" for name in _LIBRARIES]
    text = ", ".join([f"a2e_async {VERSION}", f"Python {platform.python_version()}", *found, sys.platform])
    if "is missing" in text:
        return fail("versions", text, "install the package again: pip install --force-reinstall a2e-async")
    return ok("versions", text)


def extras() -> Finding:
    """Which extras are installed, and which HTTP library is in use."""
    needs: dict[str, list[str]] = {}
    for line in _requirements():
        if found := _EXTRA.match(line):
            needs.setdefault(found[2], []).append(found[1])

    complete = [extra for extra, names in needs.items() if all(map(_version, names))]
    installed = f"extras: {', '.join(sorted(complete)) or 'none'}"
    try:
        return ok("extras", f"{installed}; HTTP by {http_library_from(None)}")
    except ConfigurationError as error:
        return fail("extras", f"{installed}; {error}", "correct A2E_HTTP, or unset it")


def token_present(given: str | None) -> Finding:
    """Whether there is a token, and where it comes from. It is never shown."""
    try:
        token = Token(given).checked()
    except ConfigurationError as error:
        return fail("token", str(error), "set A2E_API_TOKEN to the token of your account, or run a2e init")
    return ok("token", f"from {'the argument token' if given is not None else token.source}")


def base_url(given: str | None) -> Finding:
    """Where requests go."""
    source = "the default"
    if given is not None:
        source = "the argument base_url"
    elif os.environ.get("A2E_BASE_URL"):
        source = "A2E_BASE_URL"

    try:
        url = BaseURL(given).checked(allow_http=False)
    except ConfigurationError as error:
        return fail("base URL", str(error), f"correct {source}")
    if DOCS_HOST_PROBLEM.startswith(f"{urlsplit(url).hostname} "):
        return fail("base URL", DOCS_HOST_PROBLEM, f"correct {source}")
    return ok("base URL", f"{url} (from {source})")


def proxy(url: str, given: str | None) -> Finding:
    """The proxy that requests go through."""
    try:
        used = proxies_in_use(url, given)
    except ConfigurationError as error:
        return fail("proxy", str(error), "correct it, or unset it if this machine needs no proxy")
    return ok("proxy", "none" if used is None else f"requests go through {used}")


def certificates() -> Finding:
    """Which certificates are trusted."""
    try:
        trusted = trust_in_use()
    except ConfigurationError as error:
        return fail("trust", str(error), "correct the variable, or unset it")
    if not trusted:
        return fail("trust", "no certificates are trusted", "install ca-certificates or certifi")
    return ok("trust", f"certificates of {' and '.join(trusted)}")


def temporary_folder() -> Finding:
    """Whether files can be written: uploads from pipes are kept in the temporary folder."""
    try:
        folder = tempfile.gettempdir()
        with tempfile.NamedTemporaryFile(prefix="a2e-doctor-") as file:
            file.write(b"x" * 4096)
            file.flush()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return fail(
            "folder", f"nothing can be written to the temporary folder: {error}", "free space, or set TMPDIR"
        )

    text = f"{folder} can be written, {free / 2**30:.1f} GiB free"
    if free < _LEAST_SPACE:
        return warn("folder", text, "free space, or set TMPDIR")
    if not os.access(Path.cwd(), os.W_OK):
        return warn(
            "folder", f"{text}; the current folder cannot be written", "give --out a folder that can be"
        )
    return ok("folder", text)


def journal_state(given: str | Path) -> Finding:
    """Whether the journal of a bulk run can be read."""
    from a2e_async._journal.database_url import place_from
    from a2e_async._journal.look import look_into

    path: object = given
    try:
        path = place_from(str(given))
        look = look_into(path.expanduser() if isinstance(path, Path) else path)
    except A2EError as error:
        return fail("journal", str(error), "is it what was given to the run as its journal?")

    states = ", ".join(f"{count} {state}" for state, count in sorted(look.states.items())) or "no jobs"
    text = f"{path}: {states}{', a run is on' if look.running else ''}"
    if look.damaged:
        return fail("journal", f"{text}, {len(look.damaged)} damaged", f"see a2e journal {path}")
    if look.uncertain and not look.running:
        return warn("journal", f"{text}, {len(look.uncertain)} of unknown outcome", f"see a2e journal {path}")
    return ok("journal", text)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _requirements() -> list[str]:
    try:
        return importlib.metadata.requires("a2e-async") or []
    except importlib.metadata.PackageNotFoundError:
        return []  # the sources are used without being installed
