"""Small documents in the shapes in which other vendors of generated media describe their APIs.

They are made up for these tests. Only the shapes are theirs.
"""

# ruff: noqa: E501

from __future__ import annotations

from typing import Any

from tests.codegen.shapes import content, query, reply

__all__ = ["STRANGERS"]

Document = dict[str, Any]
STRING, NUMBER, INTEGER, BOOLEAN = ({"type": name} for name in ("string", "number", "integer", "boolean"))
NULL = {"type": "null"}


def ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def obj(required: tuple[str, ...] = (), **properties: Any) -> Document:
    made: Document = {"type": "object", "properties": properties}
    return {**made, "required": list(required)} if required else made


def sends(schema: Any, media_type: str = "application/json") -> Document:
    return {"required": True, **content(schema, media_type)}


def path(name: str) -> Document:
    return query(name, STRING, "path", required=True)


def maybe(schema: Any, **more: Any) -> Document:
    """A value that may be null, as pydantic writes it."""
    return {"anyOf": [schema, NULL], **more}


def made(version: str, paths: Document, schemas: Document, **more: Any) -> Document:
    return {
        "openapi": version,
        "info": {"title": "A stranger", "version": "1"},
        "servers": [{"url": "https://api.example/v1"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        **more,
    }


# A plain REST API in 3.1: frames by oneOf with a discriminator, no envelope, 201.
DREAMS = made(
    "3.1.0",
    {
        "/ping": {"get": {"responses": reply(obj(message=STRING))}},
        "/generations": {
            "get": {
                "parameters": [query("limit", {**INTEGER, "default": 10}), query("offset", INTEGER)],
                "responses": reply(obj(has_more=BOOLEAN, generations={"type": "array", "items": ref("Gen")})),
            },
            "post": {"requestBody": sends(ref("Request")), "responses": reply(ref("Gen"), "201")},
        },
        "/generations/{id}": {
            "parameters": [path("id")],
            "get": {"responses": reply(ref("Gen"))},
            "delete": {"responses": {"204": {"description": "Gone"}}},
        },
        "/generations/{id}/audio": {
            "post": {"parameters": [path("id")], "requestBody": sends(ref("Audio")),
                     "responses": reply(ref("Gen"), "201")}
        },
    },
    {
        "Model": {"type": "string", "enum": ["one", "two"], "default": "one"},
        "Length": {"anyOf": [{"type": "string", "enum": ["5s", "9s"]}, {"type": "string", "pattern": "^[0-9]+s$"}]},
        "Image": obj(("type", "url"), type={"type": "string", "enum": ["image"], "default": "image"},
                     url={"type": "string", "format": "uri"}),
        "Earlier": obj(("type", "id"), type={"type": "string", "enum": ["generation"]},
                       id={"type": "string", "format": "uuid"}),
        "Frame": {"oneOf": [ref("Image"), ref("Earlier")],
                  "discriminator": {"propertyName": "type", "mapping": {
                      "image": "#/components/schemas/Image", "generation": "#/components/schemas/Earlier"}}},
        "Request": obj(("prompt", "model"), prompt={"type": "string", "examples": ["a kite"]}, model=ref("Model"),
                       duration=ref("Length"), keyframes=obj(frame0=ref("Frame"), frame1=ref("Frame"))),
        "Audio": obj(prompt=STRING),
        "Gen": obj(id=STRING, state={"type": "string", "enum": ["queued", "completed"]},
                   request={"oneOf": [ref("Request"), ref("Audio")]}, failure_reason=maybe(STRING)),
    },
)  # fmt: skip

# Owners and names in paths, a Prefer header, free inputs, octet-stream, text, QUERY, webhooks.
PREDICTIONS = made(
    "3.1.0",
    {
        "/predictions": {
            "get": {"operationId": "predictions.list", "responses": reply(ref("Page"))},
            "post": {"operationId": "predictions.create",
                     "parameters": [query("Prefer", {"type": "string", "pattern": "^wait(=[0-9]+)?$"}, "header")],
                     "requestBody": content(obj(("version", "input"), version=STRING, input={"type": "object"})),
                     "responses": {**reply(ref("Prediction"), "201"), **reply(ref("Prediction"), "202")}},
        },
        "/predictions/{prediction_id}": {
            "get": {"parameters": [path("prediction_id")], "responses": reply(ref("Prediction"))}
        },
        "/predictions/{prediction_id}/cancel": {
            "post": {"parameters": [path("prediction_id")], "responses": reply(ref("Prediction"))}
        },
        "/models": {"get": {"responses": {"200": {"description": "ok"}}},
                    "query": {"summary": "Search", "requestBody": content(STRING, "text/plain"),
                              "responses": reply(ref("Page"))}},
        "/models/{model_owner}/{model_name}": {
            method: {"parameters": [path("model_owner"), path("model_name")],
                     "responses": {"200": {"description": "ok"}}}
            for method in ("get", "patch", "delete")
        },
        "/models/{model_owner}/{model_name}/readme": {
            "get": {"parameters": [path("model_owner"), path("model_name")],
                    "responses": reply(STRING, media_type="text/plain")}
        },
        "/models/{model_owner}/{model_name}/versions/{version_id}": {
            "get": {"parameters": [path("model_owner"), path("model_name"), path("version_id")],
                    "responses": reply(obj(id=STRING, openapi_schema={"type": "object"}))}
        },
        "/files": {
            "post": {"requestBody": content(obj(("content",), content={"type": "string", "format": "binary"},
                                                metadata={"type": "object", "default": {}}),
                                            "multipart/form-data",
                                            encoding={"metadata": {"contentType": "application/json"}}),
                     "responses": reply(obj(id=STRING, urls=obj(get=STRING)), "201")},
        },
        "/files/{file_id}/download": {
            "get": {"parameters": [path("file_id"), query("expiry", {**INTEGER, "format": "int64"})],
                    "responses": reply({"type": "string", "format": "binary"},
                                       media_type="application/octet-stream")}
        },
    },
    {
        "Prediction": obj(id=STRING, status={"type": "string", "enum": ["starting", "succeeded"]}, output={},
                          error=maybe(STRING), metrics={"type": "object", "additionalProperties": NUMBER}),
        "Page": obj(next={"type": ["string", "null"]}, previous={"type": ["string", "null"]},
                    results={"type": "array", "items": ref("Prediction")}),
    },
    webhooks={"done": {"post": {"requestBody": content(ref("Prediction")), "responses": {}}}},
)  # fmt: skip

# Bodies that are alternatives by model, consts, a version header, callbacks and links.
VERSION_HEADER = query("X-Version", {"type": "string", "const": "2024-11-06"}, "header", required=True)
MODELS = made(
    "3.1.0",
    {
        "/v1/image_to_video": {
            "post": {"parameters": [VERSION_HEADER],
                     "requestBody": sends({"oneOf": [ref("Turbo"), ref("Alpha")],
                                           "discriminator": {"propertyName": "model"}}),
                     "responses": reply(obj(("id",), id={"type": "string", "format": "uuid"})),
                     "callbacks": {"done": {"{$request.body#/hook}": {"post": {
                         "requestBody": content({"type": ["object", "null"]}),
                         "responses": {"200": {"description": "ok"}}}}}}},
        },
        "/v1/tasks/{id}": {
            "get": {"parameters": [path("id"), VERSION_HEADER],
                    "responses": {"200": {"description": "ok", "content": {"application/json": {
                        "schema": {"anyOf": [ref("Running"), ref("Succeeded")],
                                   "discriminator": {"propertyName": "status"}},
                        "examples": {"running": {"title": "Running", "value": {}}}}}}}},
            "delete": {"parameters": [path("id"), VERSION_HEADER],
                       "responses": {"204": {"description": "Gone"}}},
        },
        "/v1/organization": {"get": {"parameters": [VERSION_HEADER], "responses": reply(obj(
            creditBalance=INTEGER, tier=obj(models={"type": "object", "propertyNames": {"enum": ["a", "b"]},
                                                    "additionalProperties": obj(daily=INTEGER)})))}},
    },
    {
        "Turbo": obj(("model", "promptImage", "ratio"), model={"type": "string", "const": "turbo"},
                     promptImage={"anyOf": [{"type": "string", "format": "uri"}, {"type": "array", "items": obj(
                         ("uri", "position"), uri=STRING, position={"const": "first"})}]},
                     ratio={"enum": ["16:9", "9:16"]}, seed={**INTEGER, "exclusiveMinimum": -1},
                     duration={"anyOf": [{"const": 5}, {"const": 10}]}),
        "Alpha": obj(("model", "promptText", "ratio"), model={"type": "string", "const": "alpha"},
                     promptText={"type": "string", "maxLength": 1000}, ratio={"enum": ["1:1"]}),
        "Running": obj(("id", "status"), id=STRING, status={"const": "RUNNING"}, progress=NUMBER),
        "Succeeded": obj(("id", "status"), id=STRING, status={"const": "SUCCEEDED"},
                         output={"type": "array", "items": STRING}),
    },
)  # fmt: skip

# Nulls everywhere, an optional key header on each operation, multipart files, audio, timings in tuples.
KEY_HEADER = query("xi-key", maybe(STRING, title="Key"), "header")
VOICES = made(
    "3.1.0",
    {
        "/v1/text-to-speech/{voice_id}": {
            "post": {"parameters": [path("voice_id"), KEY_HEADER,
                                    query("output_format", {"type": "string", "enum": ["mp3", "pcm"],
                                                            "default": "mp3", "embed": True})],
                     "requestBody": sends(ref("Speech")),
                     "responses": {"200": {"description": "The audio", "content": {"audio/mpeg": {
                         "schema": {"type": "string", "format": "binary"}}}}}},
        },
        "/v1/text-to-speech/{voice_id}/stream/timestamps": {
            "post": {"parameters": [path("voice_id"), KEY_HEADER], "requestBody": sends(ref("Speech")),
                     "responses": reply(ref("Timed"), media_type="text/event-stream")},
        },
        "/v1/voices": {"get": {"parameters": [KEY_HEADER],
                               "responses": reply(obj(voices={"type": "array", "items": ref("Voice")}))}},
        "/v1/voices/add": {
            "post": {"parameters": [KEY_HEADER],
                     "requestBody": sends(obj(("name", "files"), name=STRING, files={"type": "array", "items": {
                         "type": "string", "contentMediaType": "application/octet-stream"}},
                         labels=maybe(STRING), remove_noise={**BOOLEAN, "default": False}), "multipart/form-data"),
                     "responses": reply(obj(voice_id=STRING))},
        },
        "/v1/history/download": {
            "post": {"requestBody": sends(obj(("ids",), ids={"type": "array", "items": STRING})),
                     "responses": {"200": {"description": "Audio or an archive", "content": {
                         "audio/mpeg": {}, "application/zip": {}}}}},
        },
        "/v1/convai/signed_url": {"get": {"deprecated": True, "responses": reply(obj(url=STRING))}},
        "/v1/convai/signed-url": {"get": {"responses": reply(obj(url=STRING))}},
        "/v1/settings": {method: {"requestBody": sends(ref("Settings")), "responses": reply(ref("Settings"))}
                         if method != "get" else {"responses": reply(ref("Settings"))}
                         for method in ("get", "patch", "put", "delete")},
    },
    {
        "Settings": obj(stability=maybe({"type": "number", "minimum": 0, "maximum": 1}), nested=maybe(ref("Settings"))),
        "Speech": obj(("text",), text=STRING, voice_settings=maybe(ref("Settings"), description="Overrides."),
                      seed=maybe({**INTEGER, "exclusiveMinimum": 0}), tools={"type": "array", "items": {
                          "oneOf": [ref("Hook"), ref("Prompt")], "discriminator": {"propertyName": "kind"}}}),
        "Hook": obj(("kind",), kind={"type": "string", "const": "hook"}, headers={
            "type": "object", "additionalProperties": {"anyOf": [STRING, ref("Prompt")]}}),
        "Prompt": obj(("kind",), kind={"type": "string", "const": "prompt"}, rule=ref("Rule")),
        "Rule": {"anyOf": [STRING, NUMBER, {"type": "array", "items": ref("Rule")},
                           obj(left=ref("Rule"), right=ref("Rule"))]},
        "Voice": obj(("voice_id",), voice_id=STRING, samples=maybe({"type": "array", "items": obj(size=INTEGER)})),
        "Timed": obj(audio_base64={"type": "string", "contentEncoding": "base64"},
                     spans={"type": "array", "prefixItems": [NUMBER, NUMBER], "items": False}),
    },
)  # fmt: skip

# Paths with dots and two versions, two servers, replies without a schema, an upload of bytes.
DOTTED = made(
    "3.0.3",
    {
        "/v1/voice.list": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {
            "examples": {"Result": {"value": "{}"}}}}}}}},
        "/v1/video_status.get": {"get": {"parameters": [query("video_id", STRING, required=True)],
                                         "responses": reply(obj(code=INTEGER, data=obj(status=STRING)))}},
        "/v2/video/generate": {"post": {"requestBody": content(obj(
            ("video_inputs",), video_inputs={"type": "array", "items": obj(character=obj(type=STRING))},
            test={**BOOLEAN, "default": "true"}, dimension=obj(width={**INTEGER, "default": "1280"}))),
            "responses": reply(obj(error=STRING, data=obj(video_id=STRING)))}},
        "/v1/asset": {"post": {"servers": [{"url": "https://upload.example"}],
                               "parameters": [query("Content-Type", STRING, "header")],
                               "requestBody": content({"type": "string", "format": "binary"}, "image/jpeg"),
                               "responses": reply(obj(data=obj(id=STRING)))}},
        "/v1/template/{id}:render": {"post": {"parameters": [path("id")], "responses": {}}},
    },
    {},
    servers=[{"url": "https://api.example"}, {"url": "https://upload.example"}],
)  # fmt: skip

# Ids that repeat, styles, JSON of any kind, headers, alternatives of scripts, no descriptions.
TALKS = made(
    "3.0.3",
    {
        "/talks": {
            "post": {"operationId": "Create", "parameters": [query("x-api-key-external", STRING, "header")],
                     "requestBody": sends(ref("Talk")), "responses": {"201": content(obj(id=STRING, object=STRING)),
                                                                      "402": content(ref("JSONValue"))}},
            "get": {"operationId": "List", "parameters": [query("limit", {**NUMBER, "default": 100},
                                                                style="form", explode=False),
                                                          query("token", STRING)],
                    "responses": {"200": content(obj(talks={"type": "array", "items": ref("Result")}, token=STRING))}},
        },
        "/talks/{id}": {method: {"operationId": method.title(), "parameters": [path("id")],
                                 "responses": {"200": content(ref("Result"))}} for method in ("get", "delete")},
        "/clips": {"post": {"operationId": "Create", "requestBody": sends(ref("Talk")),
                            "responses": {"201": content(obj(id=STRING))}}},
        "/images": {"post": {"requestBody": sends(obj(image={"type": "string", "format": "binary"}),
                                                  "multipart/form-data"),
                             "responses": {"201": content(obj(id=STRING, url=STRING))}}},
        "/settings/logo": {method: {"responses": {"200": content(obj(url=STRING))}}
                           for method in ("get", "delete")},
    },
    {
        "JSONValue": {"anyOf": [STRING, NUMBER, BOOLEAN, {"type": "array", "items": ref("JSONValue")},
                                {"type": "object", "additionalProperties": ref("JSONValue")}]},
        "Text": obj(("type", "input"), type={"type": "string", "enum": ["text"]}, input=STRING,
                    provider={"anyOf": [obj(type=STRING, voice_id=STRING), obj(type=STRING, style=STRING)]}),
        "Audio": obj(("type", "audio_url"), type={"type": "string", "enum": ["audio"]}, audio_url=STRING),
        "Base": obj(source_url=STRING, user_data={"$ref": "#/components/schemas/JSONValue", "description": "Any."}),
        "Talk": {"allOf": [ref("Base"), obj(("script",), script={"anyOf": [ref("Text"), ref("Audio")]},
                                            config=obj(fluent=BOOLEAN, pad_audio={**NUMBER, "minimum": 1,
                                                                                  "default": 0}))]},
        "Result": obj(id=STRING, status=STRING, result_url=STRING, metadata={"$ref": "#/components/schemas/JSONValue"}),
    },
    **{"x-webhooks": {}},
)  # fmt: skip

STRANGERS: dict[str, Document] = {
    "dreams": DREAMS,
    "predictions": PREDICTIONS,
    "models": MODELS,
    "voices": VOICES,
    "dotted": DOTTED,
    "talks": TALKS,
}
