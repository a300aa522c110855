"""Asks a language server what an editor would show."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

__all__ = ["LanguageServer"]

_PLAIN = {"contentFormat": ["plaintext"]}
_SIGNATURE = {"documentationFormat": ["plaintext"], "activeParameterSupport": True}
_ABILITIES = {"textDocument": {"hover": _PLAIN, "signatureHelp": {"signatureInformation": _SIGNATURE}}}


class LanguageServer:
    """A process that speaks the Language Server Protocol.

    Args:
        command: how it is started.
        root: the folder that an editor has opened. Files in it are named in questions, and need not exist.
    """

    def __init__(self, command: Sequence[str], root: Path) -> None:
        self._root = root
        self._last = 0
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            env={**os.environ, "PATH": _path(), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        )

    def __enter__(self) -> Self:
        folders = [{"uri": self._root.as_uri(), "name": "root"}]

        self._ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": self._root.as_uri(),
                "workspaceFolders": folders,
                "capabilities": _ABILITIES,
            },
        )
        self._send({"method": "initialized", "params": {}})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._ask("shutdown", None)
            self._send({"method": "exit"})
        else:
            self._process.kill()
        self._process.wait(10)
        self._pipe(self._process.stdin).close()
        self._pipe(self._process.stdout).close()

    def open(self, name: str, text: str) -> None:
        """Tell it what is in a file."""
        document = {"uri": self._uri(name), "languageId": "python", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def hover(self, name: str, line: int, column: int) -> str:
        """What is shown for the word at a place; lines and columns count from 0. Empty if it is nothing."""
        found = self._ask("textDocument/hover", self._place(name, line, column))
        return str(found["contents"]["value"]) if found else ""

    def signature(self, name: str, line: int, column: int) -> tuple[str, str]:
        """The signature that is shown while a call is written, and the words of the current parameter."""
        found = self._ask("textDocument/signatureHelp", self._place(name, line, column))
        signature = found["signatures"][0]
        current = signature.get("activeParameter", found["activeParameter"])
        words = signature["parameters"][current].get("documentation", "")
        return signature["label"], words["value"] if isinstance(words, dict) else words

    def _place(self, name: str, line: int, column: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self._uri(name)}, "position": {"line": line, "character": column}}

    def _uri(self, name: str) -> str:
        return (self._root / name).as_uri()

    def _ask(self, method: str, params: Any) -> Any:
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})

        while True:
            message = self._read()
            if "method" in message:
                if "id" in message:
                    self._send({"id": message["id"], "result": _answer(message)})
            elif message["id"] == self._last:
                assert "error" not in message, message
                return message["result"]

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = self._pipe(self._process.stdin)
        pipe.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        pipe.flush()

    def _read(self) -> dict[str, Any]:
        pipe = self._pipe(self._process.stdout)
        length = 0
        while line := pipe.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has ended"

        message: dict[str, Any] = json.loads(pipe.read(length))
        return message

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe


def _path() -> str:
    """PATH with this environment first: a server asks the first ``python`` for its packages."""
    return os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])


def _answer(message: Mapping[str, Any]) -> Any:
    """The reply to a request of the server: default settings, and nothing else."""
    if message["method"] == "workspace/configuration":
        return [{} for _ in message["params"]["items"]]
    return None
