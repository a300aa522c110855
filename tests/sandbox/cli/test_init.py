"""``a2e init``, and the file of the token that clients read last."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from a2e_async import A2E, ConfigurationError
from a2e_async.sandbox import Sandbox
from a2e_async.settings import Token
from a2e_async.token_file import read_token, token_path, write_token
from tests.sandbox.cli.kit import Run


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("A2E_CONFIG_DIR", str(tmp_path / "config" / "a2e"))
    return tmp_path / "config" / "a2e" / "token"


def test_the_token_is_saved_and_read_last(
    file: Path, a2e: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A2E_API_TOKEN")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"export A2E_API_TOKEN='{sandbox.token}'\n"))
    ended = a2e("init")
    assert (ended.code, ended.err) == (0, [])
    assert ended.out == [f"file\t{file}", f"coins\t{sandbox.balance}"]
    assert file.read_text() == f"{sandbox.token}\n"
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600

    assert a2e("balance").code == 0
    assert a2e("doctor").cells("ok")[2] == f"token\tfrom {file}"
    monkeypatch.setenv("A2E_API_TOKEN", "sk_variable")
    assert Token(None).checked().authorization() == "Bearer sk_variable"
    assert Token("sk_given").checked().authorization() == "Bearer sk_given"


def test_a_token_that_is_refused_is_not_saved(file: Path, a2e: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("sk_wrong\n"))
    ended = a2e("init")
    assert ended.code == 1
    assert "AuthenticationError" in ended.err[0]
    assert not file.exists()
    monkeypatch.setattr(sys, "stdin", io.StringIO("sk_wrong\n"))
    assert a2e("init", "--no-check").code == 0
    assert file.exists()

    for text in ("", "two words\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        assert a2e("init").code == 2


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
def test_a_file_that_others_can_read_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A2E_API_TOKEN", raising=False)
    assert read_token() is None
    write_token("sk_one")
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match=r"others can read the token in .*: chmod 600") as raised:
        A2E()
    assert "sk_one" not in str(raised.value)
    assert A2E("sk_given")


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("A2E_CONFIG_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert token_path() == tmp_path / "a2e" / "token"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert token_path() == tmp_path / ".config" / "a2e" / "token"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    assert token_path() == tmp_path / "roaming" / "a2e" / "token"


def test_a_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("A2E_CONFIG_DIR", str(tmp_path / "file" / "a2e"))
    with pytest.raises(ConfigurationError, match="cannot be written to"):
        write_token("sk_one")
    assert read_token() is None
