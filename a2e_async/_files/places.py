"""Where files can be downloaded to: a folder of this machine, or the address of an object store. No I/O."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from a2e_async._spec.local_paths import local_path, path_text
from a2e_async.errors import ConfigurationError, InvalidArgument

__all__ = ["place_of"]

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_CHAIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+::")
_CUT_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/(?!/)")  # as pathlib writes it
_LOCAL_SCHEMES = frozenset({"file", "local"})


def place_of(field: str, value: str | os.PathLike[str]) -> Path | str:
    """Understand a place for downloads.

    Args:
        field: the argument's name, for messages.
        value: a path, or an address such as ``s3://bucket/prefix``.

    Returns:
        The path of a folder, with ``~`` expanded, or the address of an object store.

    Raises:
        InvalidArgument: nothing can be saved there.
        ConfigurationError: fsspec, which knows object stores, is not installed.

    Example:
        >>> place_of("download_to", "file:///srv/out")
        PosixPath('/srv/out')
    """
    text = value if isinstance(value, str) else os.fsdecode(value)
    if cut := _CUT_ADDRESS.match(text):
        raise InvalidArgument(
            field,
            f"{path_text(text)}: an address needs two slashes, and pathlib.Path keeps one; give a str such "
            f"as '{cut[1]}://bucket/prefix', or ./{path_text(text)} for a folder of that name",
        )
    found = _ADDRESS.fullmatch(text)
    if found is None:
        if _CHAIN.match(text):
            raise InvalidArgument(field, f"{path_text(text)}: give one address, such as 's3://bucket/prefix'")
        return Path(local_path(field, value))

    if not text.isprintable():
        raise InvalidArgument(field, f"{path_text(text)} holds characters that no address can")
    scheme = found[1].lower()
    if scheme in _LOCAL_SCHEMES:
        return _local_folder(field, text, found[2])

    if not found[2].strip("/") and scheme != "memory":
        raise InvalidArgument(field, f"{text!r} names no bucket; give one such as '{scheme}://bucket/prefix'")
    if not _has_fsspec():
        raise ConfigurationError(
            f"{field}: {text!r} needs fsspec and its driver for {scheme}://: "
            f"pip install 'a2e-async[fsspec]'{_driver(scheme)}"
        )
    return f"{scheme}://{found[2]}"


def _local_folder(field: str, text: str, rest: str) -> Path:
    """The folder of a ``file://`` address, whose special characters are escaped."""
    host, _, path = rest.partition("/")
    if host not in ("", "localhost"):
        raise InvalidArgument(
            field, f"{text!r} names the host {host!r}; a folder has three slashes: 'file:///srv/out'"
        )
    path = unquote(f"/{path}")
    if os.name == "nt":
        path = path.removeprefix("/")  # /C:/out
    return Path(local_path(field, path))


def _has_fsspec() -> bool:
    from importlib.util import find_spec

    return find_spec("fsspec") is not None


def _driver(scheme: str) -> str:
    """The package that knows a scheme, as a further argument of pip."""
    drivers = {
        "s3": "s3fs",
        "s3a": "s3fs",
        "gs": "gcsfs",
        "gcs": "gcsfs",
        "az": "adlfs",
        "abfs": "adlfs",
        "abfss": "adlfs",
        "sftp": "paramiko",
        "ssh": "paramiko",
    }

    return f" {drivers[scheme]}" if scheme in drivers else ""
