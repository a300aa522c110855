"""The gate of the public surface: a change of it is noticed, and must be in the changelog."""

from __future__ import annotations

import subprocess
import textwrap
from pathlib import Path

import pytest

import a2e_async
import a2e_async.sandbox
from tests import surface

CHANGELOG = "# Changelog\n\n## Unreleased\n\n- A client.\n\n## 0.1.0\n\n- The first release.\n"
FILES = {
    "a2e_async/__init__.py": """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from a2e_async.client import A2E, Lines

        __all__ = ["A2E", "Lines"]
    """,
    "a2e_async/client.py": """
        from a2e_async.api import Api

        Lines = list[str] | str

        class _Base:
            token: str

        class A2E(Api, _Base):
            retries: int = 3
            _secret: str = ""

            def __init__(self, token: str, *, timeout: float = 60.0) -> None:
                self.url = "https://" + token

            async def upload(self, *sources: bytes, **options: str) -> list[str]:
                return []

            @classmethod
            def default(cls) -> "A2E":
                return cls("")

            def _private(self) -> None: ...
    """,
    "a2e_async/api.py": "class Api:\n    def flux(self) -> int: ...\n",
    "a2e_async/sandbox/__init__.py": "__all__ = []\n",
    "CHANGELOG.md": CHANGELOG,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small package in a repository of git, with a fresh snapshot."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")

    (tmp_path / "docs").mkdir()
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", root, *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path) -> str:
    """Write the snapshot and commit everything."""
    snap(root)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "A change")
    return git(root, "rev-parse", "HEAD")


def snap(root: Path) -> None:
    (root / surface.SNAPSHOT).write_text(surface.render(root), "utf-8")


def edit(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text("utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), "utf-8")


def change(root: Path) -> None:
    """A change that users notice."""
    edit(root, "a2e_async/client.py", "timeout: float", "patience: float")


def explain(root: Path) -> None:
    edit(root, "CHANGELOG.md", "- A client.", "- A client.\n- `timeout` is called `patience`.")


def test_every_public_name_is_in_the_snapshot() -> None:
    lines = surface.render().splitlines()
    for module in (a2e_async, a2e_async.sandbox):
        for name in module.__all__:
            assert any(line.startswith(f"{module.__name__}.{name}: ") for line in lines), name


def test_the_surface_is_names_parameters_and_types(project: Path) -> None:
    head, *lines = surface.render(project).splitlines()
    assert "make surface" in head

    assert lines == [
        "a2e_async.A2E: class(Api, _Base)",
        "a2e_async.A2E.__init__: def -> None",
        "a2e_async.A2E.__init__(token): str",
        "a2e_async.A2E.__init__(timeout): float = 60.0, keyword-only",
        "a2e_async.A2E.default: classmethod def -> A2E",
        "a2e_async.A2E.retries: int = 3",
        "a2e_async.A2E.token: str",
        "a2e_async.A2E.upload: async def -> list[str]",
        "a2e_async.A2E.upload(sources): bytes, variadic positional",
        "a2e_async.A2E.upload(options): str, variadic keyword",
        "a2e_async.A2E.url: attribute",
        "a2e_async.Lines: = list[str] | str",
    ]


def test_a_fresh_snapshot_is_accepted(project: Path) -> None:
    assert surface.stale(project) is None
    assert surface.unexplained(project) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timeout: float = 60.0", "patience: float = 60.0"),
        ("timeout: float = 60.0", "timeout: float = 30.0"),
        ("timeout: float", "timeout: int"),
        ("token: str, *, timeout", "token: str, timeout"),
        ("-> list[str]", "-> list[bytes]"),
        ("async def upload", "def upload"),
        ("async def upload", "async def send"),
        ("list[str] | str", "list[str]"),
    ],
)
def test_a_change_makes_the_snapshot_stale(project: Path, old: str, new: str) -> None:
    edit(project, "a2e_async/client.py", old, new)
    fault = surface.stale(project)
    assert fault is not None
    assert "make surface" in fault


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a2e_async/client.py", "def _private", "def _hidden"),
        ("a2e_async/client.py", "return []", "return list(options)"),
        ("a2e_async/api.py", "def flux", "def flux2"),
    ],
)
def test_what_is_private_or_generated_may_change(project: Path, name: str, old: str, new: str) -> None:
    edit(project, name, old, new)
    assert surface.stale(project) is None


def test_an_uncommitted_change_needs_the_changelog(project: Path) -> None:
    change(project)
    snap(project)
    assert "since HEAD" in (surface.unexplained(project) or "")
    explain(project)
    assert surface.unexplained(project) is None


def test_a_committed_change_needs_the_changelog_in_the_same_commit_or_later(project: Path) -> None:
    change(project)
    commit(project)
    assert surface.unexplained(project) is not None

    explain(project)
    assert surface.unexplained(project) is None
    commit(project)
    assert surface.unexplained(project) is None


def test_an_older_part_of_the_changelog_does_not_count(project: Path) -> None:
    change(project)
    edit(project, "CHANGELOG.md", "- The first release.", "- The first release, of a client.")
    commit(project)
    assert surface.unexplained(project) is not None


def test_later_commits_and_releases_are_free(project: Path) -> None:
    change(project)
    explain(project)
    commit(project)
    edit(project, "CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n## 0.2.0\n")
    commit(project)
    assert surface.unexplained(project) is None


def test_a_base_covers_the_whole_range(project: Path) -> None:
    base = git(project, "rev-parse", "HEAD")
    change(project)
    commit(project)
    edit(project, "a2e_async/client.py", "retries: int = 3", "retries: int = 4")
    explain(project)
    last = commit(project)
    assert surface.unexplained(project, base) is None
    assert surface.unexplained(project, last) is None

    edit(project, "CHANGELOG.md", "\n- `timeout` is called `patience`.", "")
    assert surface.unexplained(project, base) is not None


def test_a_shallow_clone_compares_the_snapshot_only(project: Path, tmp_path: Path) -> None:
    change(project)
    commit(project)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", project.as_uri(), str(clone))
    assert surface.stale(clone) is None
    assert surface.unexplained(clone) is None


def test_no_repository_is_needed(project: Path) -> None:
    (project / ".git").rename(project / "git")
    assert surface.stale(project) is None
    assert surface.unexplained(project) is None
