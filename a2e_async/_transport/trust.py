"""Which certificates are trusted: the system's and certifi's, or those that a variable names."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from a2e_async.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

__all__ = ["named_trust", "plain_context", "tls_context", "trust_in_use"]

# As OpenSSL, requests and curl read them. The files and folders of all that are set are trusted together.
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_HASHED = re.compile(r"[0-9a-fA-F]{8}\.\d+")  # names under which OpenSSL finds certificates in a folder

# Where systems keep their certificates, if OpenSSL was built to look elsewhere.
_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/ssl/cert.pem",  # Alpine, Fedora, BSD
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",  # older ones
    "/etc/ssl/ca-bundle.pem",  # SUSE
)


def trust_in_use() -> tuple[str, ...]:
    """What is trusted, a line each: variables with their values, or the system's store and certifi's.

    Raises:
        ConfigurationError: a variable names something that holds no certificates.
    """
    tls_context()
    return tuple(_said(_named())) or tuple(said for said, _ in _default_stores())


def named_trust() -> str | None:
    """The variables that name what is trusted, with their values; None if none is set."""
    return " and ".join(_said(_named())) or None


def tls_context() -> ssl.SSLContext:
    """The TLS context of the process. It is made again if a variable has changed: that takes long.

    Raises:
        ConfigurationError: a variable names something that holds no certificates.
    """
    return _context(tuple(_named().items()))


@functools.cache
def plain_context() -> ssl.SSLContext:
    """A context for connections without TLS. It trusts nobody."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _named() -> Mapping[str, str]:
    return {name: value for name in _VARIABLES if (value := os.environ.get(name))}


def _said(named: Mapping[str, str]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in named.items())


@functools.lru_cache(maxsize=2)
def _context(named: tuple[tuple[str, str], ...]) -> ssl.SSLContext:
    import ssl

    if named:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # What is named is trusted, also a certificate that another one has signed.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        loaded: dict[str, str | None] = {}  # one file is often named by several
        for name, value in named:
            _load_named(context, name, value, loaded)
        return context

    context = _with_system_store()
    for _, places in _default_stores():
        # A broken file of the system's is no reason to stop: the others are enough.
        with suppress(OSError):
            if places:
                context.load_verify_locations(**places)
    return context


def _with_system_store() -> ssl.SSLContext:
    """A context that asks the system, where certificates are not in files."""
    import ssl

    if sys.platform in ("darwin", "win32"):
        import truststore

        asking: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return asking
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _default_stores() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is trusted where no variable is set: a text, and the files."""
    if sys.platform in ("darwin", "win32"):
        yield "the system's trust store", {}
    else:
        yield from _system_files()

    with suppress(ImportError):
        import certifi

        yield f"certifi {certifi.__version__}", {"cafile": certifi.where()}


def _system_files() -> Iterator[tuple[str, dict[str, Any]]]:
    """The system's file or folder of certificates: where OpenSSL looks, else where systems have it."""
    import ssl

    paths = ssl.get_default_verify_paths()
    file = paths.openssl_cafile if os.path.isfile(paths.openssl_cafile) else None
    folder = paths.openssl_capath if _has_hashed(paths.openssl_capath) else None
    if file is None and folder is None:
        file = next(filter(os.path.isfile, _SYSTEM_FILES), None)

    if file is not None or folder is not None:
        yield f"the system's trust store ({file or folder})", {"cafile": file, "capath": folder}


def _load_named(context: ssl.SSLContext, name: str, value: str, loaded: dict[str, str | None]) -> None:
    """Trust the file or folder that a variable names.

    Args:
        context: what trusts it.
        name: the variable.
        value: its value.
        loaded: the paths of the variables before, and what was wrong with each.

    Raises:
        ConfigurationError: it holds no certificates.
    """
    # SSL_CERT_DIR is a list, as OpenSSL reads it. Of the others, requests takes a folder too.
    listed = value.split(os.pathsep) if name == "SSL_CERT_DIR" else [value]
    paths = [os.path.expanduser(path) for path in listed if path]

    problem, works = f"{value} does not exist", False
    for path in paths:
        folder = os.path.isdir(path)
        if name == "SSL_CERT_DIR" and not folder:
            problem = f"{path} is not a folder" if os.path.exists(path) else problem
            continue
        if path not in loaded:
            loaded[path] = _problem_of(context, path, folder=folder)
        found = loaded[path]
        works, problem = works or not found, found or problem

    if works:
        return
    raise ConfigurationError(
        f"{name}: {problem}. It says which certificates are trusted: correct it, or unset it to trust "
        "those of the system"
    )


def _problem_of(context: ssl.SSLContext, path: str, *, folder: bool) -> str | None:
    """Load certificates; the problem, as the beginning of a sentence, or None."""
    import ssl

    try:
        if not folder:
            context.load_verify_locations(path)
        elif os.access(path, os.R_OK | os.X_OK) and not _has_hashed(path):
            return f"{path} holds no certificates under names that OpenSSL finds (openssl rehash {path})"
        else:
            context.load_verify_locations(capath=path)
    except FileNotFoundError:
        return f"{path} does not exist"
    except ssl.SSLError:
        return f"{path} is not a file of certificates in PEM form"
    except (OSError, ValueError) as error:
        return f"{path} cannot be read ({getattr(error, 'strerror', None) or error})"
    return None


def _has_hashed(folder: str) -> bool:
    try:
        return any(_HASHED.fullmatch(name) for name in os.listdir(folder))
    except OSError:
        return False
