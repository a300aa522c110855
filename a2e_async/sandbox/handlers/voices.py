"""Handlers of voices: presets, languages, cloned voices, text to speech and its previews."""

from __future__ import annotations

from a2e_async.sandbox.handlers.tasks import not_found, paged, short_of_coins, window
from a2e_async.sandbox.replies import Call, Reply, encode, error, ok
from a2e_async.sandbox.world import World

__all__ = [
    "delete_preview",
    "list_cloned_voices",
    "list_languages",
    "list_presets",
    "list_previews",
    "list_voices",
    "send_tts",
]

API_CHARACTERS = 1000  # the schema allows 3000, but that is for web callers
PREVIEW_SECONDS = 24 * 3600.0
SPEECH_PRICE = 1

_LANGUAGES = {"en": ("US", "GB"), "es": ("ES", "MX"), "zh": ("CN",)}
_SPEAKERS = {"female": ("Alma", "Bea"), "male": ("Carl", "Dan")}


def _groups(country: str, region: str) -> list[dict[str, object]]:
    """The voices of a country and region, grouped by gender. Empty for unknown ones."""
    if region not in _LANGUAGES.get(country, ()):
        return []

    first_id = 0xC0_0000 + 0x100 * sorted(_LANGUAGES).index(country)
    groups: list[dict[str, object]] = []
    for gender, names in _SPEAKERS.items():
        children = [
            {
                "label": f"{name} ({country}-{region})",
                "value": f"{first_id + 16 * len(groups) + index:024x}",
                "ttsRate": 1,
            }
            for index, name in enumerate(names)
        ]
        groups.append({"label": gender, "value": gender, "children": children})
    return groups


def list_presets(_world: World, call: Call) -> Reply:
    """List the system's voices. The shape is not published; this is that of GET anchor/voice_list."""
    return ok(call, _groups("en", "US"))


def list_voices(_world: World, call: Call) -> Reply:
    """List the voices of a country, grouped by gender. ``children[].value`` is the tts_id."""
    given = {**call.query, **(call.body or {})}
    country = str(given.get("country") or "en")
    region = str(given.get("region") or next(iter(_LANGUAGES.get(country, ("US",)))))
    return ok(call, _groups(country, region))


def list_languages(_world: World, call: Call) -> Reply:
    """List the languages. The value at the top is the country, that of a child the region."""
    tree = [
        {"label": country, "value": country, "children": [{"label": part, "value": part} for part in regions]}
        for country, regions in _LANGUAGES.items()
    ]
    return ok(call, tree)


def list_cloned_voices(world: World, call: Call) -> Reply:
    """List cloned voices as a bare array, newest first; completedRecord only the trained ones."""
    tasks = list(world.newest(call.family, call.now))
    if call.operation.segments[-1] == "completedRecord":
        tasks = [task for task in tasks if task.ended(call.now) and task.succeeded]
    rows = [world.show(task, call.now).encoded(call.now) for task in tasks]
    return paged(call, rows, len(tasks), "array")


def send_tts(world: World, call: Call) -> Reply:
    """Speak a text. ``data`` is the URL of the audio, which is ready at once."""
    body = call.body
    if len(body["msg"]) > API_CHARACTERS:
        return error(call, 400, f"msg allows at most {API_CHARACTERS} characters", code=400)
    if not body.get("tts_id") and not body.get("user_voice_id"):
        return error(call, 400, "tts_id or user_voice_id is required")
    if world.account.balance < SPEECH_PRICE:
        return short_of_coins(call)

    world.pay("tts", SPEECH_PRICE, "send_tts", call.now)
    record = world.add_record("preview", {"msg": body["msg"], "tts_id": body.get("tts_id")}, call.now)
    record["audio_url"] = f"{world.files.url}/tts/{record['_id']}.mp3"
    record["made_at"] = call.now
    return ok(call, record["audio_url"])


def list_previews(world: World, call: Call) -> Reply:
    """List the previews of the last 24 hours.

    The shape is not published; this is that of video/awsList, which has the same paging.
    """
    records = [
        {key: value for key, value in record.items() if key != "made_at"}
        for record in reversed(world.records.get("preview", {}).values())
        if call.now < record["made_at"] + PREVIEW_SECONDS and not record.get("deleted")
    ]
    offset, length = window(call)
    page = records[offset : None if length is None else offset + length]
    return paged(call, [encode(record).encode() for record in page], len(records), "data")


def delete_preview(world: World, call: Call) -> Reply:
    """Take a preview off the list. Its audio stays."""
    record = world.records.get("preview", {}).get(call.id)
    if record is None or record.get("deleted"):
        return not_found(call, "Preview")
    record["deleted"] = True
    return ok(call, {})
