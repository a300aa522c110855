"""An environment for every client, made when first needed; what is installed is pinned."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock

from tests.bench.host import ROOT, say

HOME = ROOT / ".venv-bench"
HTTP = ("httpx==0.28.1", "anyio==4.16.0", "attrs==26.1.0")
"""What the references and a2e_async share, so that only our own code differs."""

OURS = "a2e-async"
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "server": ("uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0", "matplotlib==3.11.2"),
    "httpx": HTTP,
    "fal-client": ("fal-client==1.0.3",),
    "replicate": ("replicate==1.0.7",),
    "runwayml": ("runwayml==5.24.0",),
    "openai": ("openai==3.54.0",),
    "elevenlabs": ("elevenlabs==2.78.0",),
    "google-genai": ("google-genai==3.4.0",),
    "lumaai": ("lumaai==1.21.0",),
    "comfy-sdk": ("comfy-sdk==0.5.0",),
    OURS: HTTP,
    f"{OURS}-fast": HTTP,
    f"{OURS}-sandbox": HTTP,
}


_LOCK = Lock()


class Unavailable(Exception):
    """An environment cannot be made; the text says why."""


def python(name: str) -> Path:
    """The interpreter of environment `name`, with everything installed.

    Raises:
        Unavailable: pip failed, or the extra does not exist.
    """
    with _LOCK:
        return _made(name)


@cache
def _made(name: str) -> Path:
    home = HOME / name
    wanted = list(PACKAGES[name])
    if name.startswith(OURS):
        wanted.append(str(_wheel()) + _extra(name))
    executable = home / "bin" / "python"
    stamp = home / "bench.json"
    if stamp.exists() and json.loads(stamp.read_text()) == wanted:
        return executable
    say(f"installing {name}")
    if not executable.exists():
        _run([sys.executable, "-m", "venv", str(home)])
    pip = [str(executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if name.startswith(OURS):
        _run([*pip, "--force-reinstall", "--no-deps", wanted[-1].partition("[")[0]])
    _run([*pip, *wanted])
    # Sampled imports must not pay for compilation.
    _run([str(executable), "-m", "compileall", "-q", str(home / "lib")], may_fail=True)
    stamp.write_text(json.dumps(wanted))
    return executable


def installed(name: str) -> dict[str, str]:
    """Versions of all that is in environment `name`."""
    listed = _run([str(python(name)), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"])
    return {item["name"]: item["version"] for item in json.loads(listed)}


def _extra(name: str) -> str:
    extra = name.removeprefix(OURS).lstrip("-")
    if not extra:
        return ""
    # The wheel's own word: the sources may have changed since it was built.
    with zipfile.ZipFile(_wheel()) as wheel:
        metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        known = wheel.read(metadata).decode().splitlines()
    if f"Provides-Extra: {extra}" not in known:
        raise Unavailable(f"a2e_async has no extra `{extra}`")
    return f"[{extra}]"


@cache
def _wheel() -> Path:
    """A wheel of the package as it stands, in a folder named by its content."""
    digest = hashlib.sha256()
    sources = [
        *sorted((ROOT / "a2e_async").rglob("*.py")),
        ROOT / "pyproject.toml",
        ROOT / "openapi" / "a2e.json",
    ]
    for source in sources:
        digest.update(source.read_bytes() if source.exists() else b"")
    folder = HOME / "wheels" / digest.hexdigest()[:16]
    if not list(folder.glob("*.whl")):
        _run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)])
    return next(folder.glob("*.whl"))


def _run(command: list[str], *, may_fail: bool = False) -> str:
    done = subprocess.run(command, cwd=HOME.parent, capture_output=True, text=True, check=False)
    if done.returncode and not may_fail:
        raise Unavailable(f"{' '.join(command[1:5])} failed: {done.stderr.strip()[-400:]}")
    return done.stdout
