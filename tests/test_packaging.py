"""The wheel: what is in it, and that it works with nothing but its own dependencies."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"a2e_async"}
    assert "a2e_async/py.typed" in names
    assert "a2e_async/sandbox/a2e.json" in names
    assert "a2e_async/api/image_to_video.py" in names
    assert not [name for name in names if re.search(r"(^|/)(tests?|codegen)(/|_|$)", name)]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_page_on_an_index_has_no_relative_links(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
    version = re.search(r"^Version: (.+)$", metadata, re.MULTILINE)
    assert version is not None

    links = re.findall(r"\]\(([^)\s]+)\)", metadata)
    assert len(links) >= 6
    assert [link for link in links if not link.startswith("https://")] == []
    pictures = re.findall(r"!\[[^]]*\]\(([^)\s]+)\)", metadata)
    raw = f"https://raw.githubusercontent.com/a2e-async/a2e-async/v{version[1]}/"
    assert pictures
    assert all(picture.startswith(raw) and picture.endswith(".svg") for picture in pictures)


def test_the_links_of_the_documents_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\((?!https?://|#)([^)\s#]+)", document.read_text("utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_it_works_with_its_own_dependencies_only(wheel: Path, tmp_path: Path) -> None:
    """Every module of the facade and of the API is imported where no other package can be found."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    for name in _closure({"httpx", "attrs", "anyio"}):
        _link(name, tmp_path / "site")

    code = (
        "import a2e_async, sys; "
        "a2e = a2e_async.A2E('sk_x', base_url='http://127.0.0.1:9'); "
        "job = a2e.text_to_image(prompt='x'); "
        "print(a2e_async.__version__, len([m for m in sys.modules if m.startswith('a2e_async.api.')]))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.append({str(tmp_path / 'site')!r}); {code}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\d+\.\d+\.\d+ 1\n", done.stdout)

    eager = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import os, sys; sys.path.append({str(tmp_path / 'site')!r}); "
            "os.environ['A2E_ASYNC_EAGER'] = '1'; import a2e_async; "
            "print(len([m for m in sys.modules if m.startswith('a2e_async.api.')]))",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert eager.returncode == 0, eager.stderr
    assert int(eager.stdout) > 50


def _closure(names: set[str]) -> set[str]:
    """Distributions, and what they need without extras."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        for text in distribution(name).requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting |= {requirement.name} - found
    return found


def _link(name: str, site: Path) -> None:
    """Make a distribution's packages importable from the folder."""
    installed = distribution(name)
    for top in {path.parts[0] for path in installed.files or [] if path.suffix == ".py"}:
        link = site / top
        if not link.exists():
            link.symlink_to(Path(str(installed.locate_file(top))))
