"""Generates ``a2e_async/api``: openapi-python-client's parser and project, our templates."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from ruff import find_ruff_bin  # type: ignore[import-untyped]  # the library has no types

from codegen.document.tree import Document, SpecError
from codegen.interface.families import Endpoint, Family, families
from codegen.interface.methods import module_of
from codegen.interface.model import Attribute, Interface, RecordClass
from codegen.interface.naming import keyword_name
from codegen.interface.prose import block, docstring, entry, escape, literal
from codegen.interface.values import Member, Shape

__all__ = ["PACKAGE", "ResourceProject", "formatted", "generate", "interface_of"]

TEMPLATES = Path(__file__).resolve().parent / "templates"
SETTINGS = Path(__file__).resolve().parent.parent / "pyproject.toml"
FIRST_PARTY = 'lint.isort.known-first-party = ["a2e_async"]'
PACKAGE = "a2e_async.api"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OBJECT = re.compile(r"<openapi_python_client[^>]*>")
"""The parser's own objects, as its messages show them."""


class _Compiled(BytecodeCache):
    """Keeps compiled templates, for a process that generates more than once."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()

_FORMATTED: dict[tuple[str, str], str] = {}
"""File name and text -> the text as ruff leaves it, for such a process too."""


def generate(document: Document) -> tuple[Interface, dict[str, str]]:
    """Make the package in memory.

    Args:
        document: the prepared document.

    Returns: the interface, and the modules' texts by file name.

    Raises:
        SpecError: the parser refuses something, or no rule covers it.
    """
    project = ResourceProject(document)
    interface = project.interface()
    return interface, formatted(project.render(interface))


def interface_of(document: Document) -> Interface:
    """The interface that would be generated from a prepared document.

    Raises:
        SpecError: no rule covers something.
    """
    return _interface(document, families(document))


class ResourceProject(Project):
    """The generator's project with one module per resource.

    Args:
        document: the prepared document.
    """

    def __init__(self, document: Document) -> None:
        nowhere = Path("a2e_async") / "api"  # required, but this package writes the files itself
        config = Config.from_sources(
            ConfigFile(literal_enums=True, post_hooks=[], package_name_override="api"),
            MetaType.NONE,
            document_source=nowhere,
            file_encoding="utf-8",
            overwrite=True,
            output_path=nowhere,
        )

        found = families(document)
        outline, names = _outline(found)
        data = GeneratorData.from_dict(outline, config=config)
        if isinstance(data, GeneratorError):
            raise SpecError(f"openapi-python-client: {data.header}: {data.detail}")

        super().__init__(openapi=data, config=config, custom_template_path=TEMPLATES)
        _refuse_errors(self._get_errors())

        self.document = document
        self.found = found
        self._refuse_losses(names)
        self.env.bytecode_cache = _COMPILED
        self.env.filters.update(
            quoted=literal,
            shape_doc=_shape_doc,
            record_doc=_record_doc,
            member_doc=_member_doc,
            module_path=lambda text: literal(f"{PACKAGE}.{text}"),
        )

    def _refuse_losses(self, names: dict[str, Endpoint]) -> None:
        """Check that the parser has read every operation.

        Raises:
            SpecError: it dropped one.
        """
        read = {
            endpoint.name
            for collection in self.openapi.endpoint_collections_by_tag.values()
            for endpoint in collection.endpoints
        }
        lost = [str(endpoint.ref) for name, endpoint in names.items() if name not in read]
        if lost:
            raise SpecError(f"openapi-python-client dropped {', '.join(lost)}")

    def interface(self) -> Interface:
        """The interface as data."""
        return _interface(self.document, self.found)

    def render(self, interface: Interface) -> dict[str, str]:
        """The modules' texts by file name, before they are formatted."""
        template = self.env.get_template("resource.py.jinja")
        files = {f"{one.resource}.py": template.render(module=one) for one in interface.modules}
        files["__init__.py"] = self.env.get_template("api_init.py.jinja").render(modules=interface.modules)
        return files


def _interface(document: Document, found: Mapping[str, Family]) -> Interface:
    return Interface(tuple(module_of(document, family) for family in found.values()))


def _outline(found: dict[str, Family]) -> tuple[Document, dict[str, Endpoint]]:
    """The operations with our resources as tags and an id for each; and the endpoint of each id.

    Types are read from the schemas by `codegen.interface`, because the parser drops limits and values, and
    refuses much that is valid. So it gets what every version of it understands.
    """
    names: dict[str, Endpoint] = {}
    paths: Document = {}

    for resource, family in found.items():
        for endpoint in family.endpoints:
            name = f"op{len(names)}"
            names[name] = endpoint
            placeholders = dict.fromkeys(_PLACEHOLDER.findall(endpoint.ref.path))
            paths.setdefault(endpoint.ref.path, {})[endpoint.ref.method] = {
                "tags": [resource],
                "operationId": name,
                "parameters": [
                    {"name": one, "in": "path", "required": True, "schema": {"type": "string"}}
                    for one in placeholders
                ],
                "responses": {"200": {"description": "OK"}},
            }

    return {"openapi": "3.0.3", "info": {"title": "a2e", "version": "1"}, "paths": paths}, names


def _refuse_errors(errors: Iterable[GeneratorError]) -> None:
    lines = []
    for error in errors:
        detail = " ".join(str(part) for part in (error.header, error.detail) if part)
        lines.append(" ".join(_OBJECT.sub("its schema", detail).split()))
    if lines:
        raise SpecError("openapi-python-client:\n" + "\n".join(f"  {line}" for line in lines[:10]))


def _shape_doc(shape: Shape) -> str:
    indent = 4 if shape.by_class else 0
    lines = [entry(member.key, member.doc, indent) for member in shape.members if member.doc]
    first, dot, rest = shape.place.partition(".")
    place = f"{keyword_name(first)}{dot}{rest}"
    return docstring([block(escape(f"Members of `{place}`."), indent), lines], indent)


def _record_doc(record: RecordClass) -> str:
    lines = [entry(attribute.name, attribute.doc, 8) for attribute in record.attributes if attribute.doc]
    attributes = ["    Attributes:", *lines] if lines else []
    return docstring([block(escape(record.doc), 4), block(escape(record.details), 4), attributes], 4)


def _member_doc(member: Member | Attribute) -> str:
    """The words of one member below it, for editors; "" without any."""
    return docstring([[" " * 4 + escape(member.doc)]], 4) if member.doc else ""


def formatted(files: dict[str, str]) -> dict[str, str]:
    """The files as ruff leaves them: formatted, imports sorted, unused imports removed.

    Raises:
        SpecError: they are not Python.
    """
    fresh = {name: text for name, text in files.items() if (name, text) not in _FORMATTED}
    if fresh:
        _FORMATTED.update({(name, fresh[name]): text for name, text in _formatted(fresh).items()})

    return {name: _FORMATTED[name, text] for name, text in files.items()}


def _formatted(files: dict[str, str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="\n")

        _ruff("check", "--fix-only", "--select", "F401,I", "--config", FIRST_PARTY, folder)
        _ruff("format", folder)

        return {name: (Path(folder) / name).read_text(encoding="utf-8") for name in files}


def _ruff(command: str, *arguments: str) -> None:
    ruff = [find_ruff_bin(), command, "--quiet", "--no-cache", "--config", str(SETTINGS)]
    done = subprocess.run([*ruff, *arguments], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SpecError(f"the generated code is not Python: {(done.stderr or done.stdout).strip()[:1000]}")
