"""The conformance table. A proof makes each row, and `test_table` compares it with ``table.md``.

make conformance      # prove every row and write table.md anew
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio

from a2e_async import A2E
from a2e_async.api import RESOURCES
from a2e_async.sandbox import Sandbox, VirtualClock
from tests.conformance.conftest import SECONDS
from tests.conformance.proofs import COLUMNS, NONE, Row, prove
from tests.conformance.workflows import operations_of

__all__ = ["TABLE", "groups", "line_of", "lines_by_resource", "render"]

TABLE = Path(__file__).with_name("table.md")

# The groups of the service's own catalogue, in its order. Resources of no group are newer families. They
# follow under "Newer".
CATALOGUE: Mapping[str, Sequence[str]] = {
    "Image to Video": ("image_to_video",),
    "Text to Image": ("text_to_image",),
    "Nano Banana": ("nano_banana",),
    "GPT Image": ("gpt_image",),
    "Flux 2": ("flux2",),
    "Wan Image to Video": ("wan25",),
    "Veo Video": ("veo_video",),
    "Grok Video": ("grok_video",),
    "Kling Video": ("kling_video",),
    "Kling Omni": ("kling_omni",),
    "Image Edit": ("image_edit",),
    "Face Swap": ("face_swap_image", "face_swap_preview", "face_swap_task"),
    "Head Swap": ("head_swap",),
    "Actor Swap": ("actor_swap",),
    "Talking Photo": ("talking_photo",),
    "Talking Video": ("talking_video",),
    "Virtual Try-On": ("virtual_try_on",),
    "Motion Transfer": ("motion_transfer",),
    "Product Avatar": ("product_avatar",),
    "Generate Avatar Videos": ("avatar_video", "anchor"),
    "Create Avatars": ("custom_avatar",),
    "Background Matting": ("custom_background",),
    "Video Twin": ("video_twin",),
    "TTS and Voice Clone": ("tts", "voice"),
    "AI Dubbing": ("dubbing",),
    "ThinkSound": ("think_sound",),
    "Caption Removal": ("caption_removal",),
    "Upscale": ("upscale",),
    "Miscellaneous": ("account", "tokens", "storage"),
}


def groups() -> Mapping[str, Sequence[str]]:
    """The resources of each group: the catalogue's groups, then the newer families."""
    known = {resource for resources in CATALOGUE.values() for resource in resources}
    newer = [resource for resource in RESOURCES if resource not in known]
    return {**CATALOGUE, "Newer": newer}


def line_of(row: Row, group: str) -> str:
    """A row as Markdown."""
    return f"| {group} | {' | '.join(row.texts)} |"


def render(rows: Mapping[str, Row]) -> str:
    """The whole table as Markdown."""
    operations = sum(len(operations_of(resource)) for resource in rows)
    head = ("group", "resource", *COLUMNS)
    lines = [
        f"# What every resource can do: {len(rows)} resources, {operations} operations",
        "",
        "Made by a test run: each cell was filled by calling the public API over the sandbox's sockets,",
        "and the test fails when this table says anything else. `make conformance` writes it anew.",
        "",
        "- **start**: a Job was started. **poll**: the routes by which its Task was read back, alone and",
        "  among others. **result**: the record's fields that hold the outputs. **download**: what came.",
        "- **list**: records were listed over several pages, by the parameter that counts them.",
        "  **get**: the path, or the query. **delete**: it left the list. Methods are named where their name",
        "  is not that of the column.",
        f"- {NONE}: the API has no such operation.",
        "",
        f"| {' | '.join(head)} |",
        f"|{' --- |' * len(head)}",
    ]

    for group, resources in groups().items():
        lines += [line_of(rows[resource], group) for resource in resources]
    return "\n".join(lines) + "\n"


def lines_by_resource(table: str) -> dict[str, str]:
    """The rows of a table by their resource, in order."""
    rows = [line for line in table.splitlines() if line.startswith("| ") and "`" in line]
    return {line.split("`")[1]: line for line in rows}


async def _prove_all() -> dict[str, Row]:
    clock = VirtualClock(auto=True)
    rows: dict[str, Row] = {}
    with Sandbox(clock=clock, durations={"*": SECONDS}, voice_quota=1000) as sandbox:
        async with A2E(token=sandbox.token, base_url=sandbox.url, clock=clock) as a2e:
            for resource in RESOURCES:
                with tempfile.TemporaryDirectory() as folder:
                    rows[resource] = await prove(a2e, sandbox, resource, Path(folder))
    return rows


def main() -> None:
    """Prove every row and write the table."""
    table = render(anyio.run(_prove_all))
    changed = not TABLE.exists() or TABLE.read_text(encoding="utf-8") != table
    TABLE.write_text(table, encoding="utf-8")
    sys.stdout.write(f"{TABLE.name}: {'written' if changed else 'as it was'}\n")


if __name__ == "__main__":
    main()
