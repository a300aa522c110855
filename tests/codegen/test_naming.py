"""Names that users see: the design's examples, and rules that hold for any path."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.document.tree import read
from codegen.interface import naming
from codegen.interface.families import families
from tests.codegen.documents import ROOT, document, family, fields, id_parameter, operation


@pytest.mark.parametrize(
    ("segment", "resource"),
    [
        ("userImage2Video", "image_to_video"),
        ("userText2Image", "text_to_image"),
        ("userFlux2", "flux2"),
        ("userQwen2Image", "qwen2_image"),
        ("seedance2Video", "seedance2_video"),
        ("userWan26R2V", "wan26_r2v"),
        ("minimaxH3Video", "minimax_h3_video"),
        ("userWan25", "wan25"),
        ("userGptImage", "gpt_image"),
        ("klingOmni", "kling_omni"),
        ("userVideo2Audio", "video_to_audio"),
        ("talkingPhoto", "talking_photo"),
        ("userFaceSwapTask", "face_swap_task"),
        ("custom_back", "custom_background"),
        ("custom_avatar", "custom_avatar"),
        ("video", "avatar_video"),
        ("transactionRecord", "transactions"),
        ("user", "account"),
        ("token", "tokens"),
        ("r2", "storage"),
        ("username", "username"),
        ("import", "import_"),
        ("upload", "upload_"),
        ("2fast", "x2fast"),
    ],
)
def test_resources(segment: str, resource: str) -> None:
    assert naming.resource_name(f"/api/v1/{segment}/start") == resource


@pytest.mark.parametrize(
    ("method", "path", "resource", "name"),
    [
        ("post", "userImage2Video/batchDetail", "image_to_video", "batch_detail"),
        ("post", "userImage2Video/{_id}/markShared", "image_to_video", "mark_shared"),
        ("get", "userImage2Video/{_id}", "image_to_video", "get"),
        ("delete", "userImage2Video/{_id}", "image_to_video", "delete"),
        ("put", "klingVideo/{_id}", "kling_video", "update"),
        ("get", "userNanoBanana/detail/{id}", "nano_banana", "get"),
        ("delete", "userNanoBanana/delete/{id}", "nano_banana", "delete"),
        ("get", "video/detail", "avatar_video", "get"),
        ("get", "userImage2Video/allRecords", "image_to_video", "list"),
        ("get", "userGptImage/list", "gpt_image", "list"),
        ("get", "userFaceSwapTask/records", "face_swap_task", "list"),
        ("get", "userVideoTwin/userRecords", "video_twin", "user_records"),
        ("post", "custom_back/del", "custom_background", "delete"),
        ("post", "video/send_tts", "tts", "send_tts"),
        ("get", "tts/preview/list", "tts", "preview_list"),
        ("delete", "tts/preview/{id}", "tts", "preview_delete"),
        ("get", "veoVideo/{_id}/1080p", "veo_video", "get_1080p"),
        ("post", "r2/upload-presigned-url", "storage", "upload_presigned_url"),
        ("post", "userImage2Video/flf2v_prompt_extension", "image_to_video", "flf2v_prompt_extension"),
        ("get", "userFaceSwapPreview/status", "face_swap_preview", "status"),
        ("get", "things/task", "things", "task_"),
        ("post", "things/import", "things", "import_"),
        ("get", "things", "things", "get"),
    ],
)
def test_methods(method: str, path: str, resource: str, name: str) -> None:
    assert naming.resource_name(f"/api/v1/{path}") == resource
    assert naming.method_name(method, f"/api/v1/{path}") == name


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("_id", "id"),
        ("image_url", "image_url"),
        ("speechRate", "speech_rate"),
        ("isSkipRs", "is_skip_rs"),
        ("from", "from_"),
        ("self", "self_"),
        ("extra_body", "extra_body_"),
        ("PrimaryColour", "primary_colour"),
        ("x-y z", "x_y_z"),
        ("名前", "x" + "名前".encode().hex()),
    ],
)
def test_keywords(wire: str, name: str) -> None:
    assert naming.keyword_name(wire) == name


texts = st.text(min_size=1, max_size=30)
segments = st.one_of(texts, st.text("aZ_-2{}", min_size=1, max_size=12))


def is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text) and not text.startswith("_")


@given(st.lists(segments, min_size=1, max_size=5), st.sampled_from(["get", "post", "put", "delete", "patch"]))
def test_any_path_gives_valid_names_and_always_the_same(parts: list[str], method: str) -> None:
    path = "/api/v1/" + "/".join(parts)
    resource, name = naming.resource_name(path), naming.method_name(method, path)
    assert is_name(resource)
    assert is_name(name)
    assert resource not in naming.RESERVED_RESOURCES
    assert name not in naming.RESERVED_METHODS
    assert is_name(naming.class_name(resource))
    assert (resource, name) == (naming.resource_name(path), naming.method_name(method, path))


@given(texts)
def test_any_member_gives_a_valid_keyword_and_attribute(wire: str) -> None:
    assert is_name(naming.keyword_name(wire))
    assert is_name(naming.field_name(wire))
    assert naming.keyword_name(wire) not in naming.RESERVED_KEYWORDS


def test_where_get_and_post_share_a_path_get_keeps_the_name() -> None:
    made = document({"/api/v1/anchor/voice_list": {"get": operation(), "post": operation()}})
    assert [one.method_name for one in families(made)["anchor"].endpoints] == [
        "voice_list",
        "post_voice_list",
    ]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/api/v1/flux2/start", "/api/v1/userFlux2/list"], ["flux2_2", "flux2"]),
        (["/api/v1/user/list", "/api/v1/account/add"], ["account", "account_2"]),
        (["/api/v1/kite/list", "/api/v1/kite-/list", "/api/v1/kite_2/list"], ["kite", "kite_3", "kite_2"]),
        (["/api/v1/kite/list", "/api/v2/kite/list"], ["kite", "kite"]),
    ],
)
def test_families_of_one_name_are_numbered(paths: list[str], names: list[str]) -> None:
    found = families(document({path: {"get": operation()} for path in paths}))
    resources = {one.ref.path: name for name, family in found.items() for one in family.endpoints}
    assert [resources[path] for path in paths] == names


def test_two_versions_of_a_whole_family_are_two_workflows() -> None:
    second = {path.replace("v1", "v2"): item for path, item in family("userKite").items()}
    found = families(document({**family("userKite"), **second}))
    for name, version in (("kite", "v1"), ("kite_2", "v2")):
        routes = (found[name].start, found[name].get, found[name].list, found[name].batch_detail)
        assert all(one is not None and f"/{version}/" in one.ref.path for one in routes)

    # One route that moves stays in its family, and so does one that is there in two versions.
    moved = {"/api/v2/userKite/start": second["/api/v2/userKite/start"]}
    rest = {path: item for path, item in family("userKite").items() if not path.endswith("start")}
    assert list(families(document({**rest, **moved}))) == ["kite"]
    both = families(document({**family("userKite"), **moved}))["kite"]
    assert [one.ref.path for one in both.extra_starts] == ["/api/v2/userKite/start"]
    assert both.extra_starts[0].method_name == "start_2"


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["get /things/list", "get /things/records"], ["list", "records"]),
        (["get /things/allRecords", "get /things/records"], ["list", "records"]),
        (["get /things/{_id}", "get /things/detail"], ["get", "detail"]),
        (["get /things", "get /things/{id}"], ["list", "get"]),
        (["get /things", "post /things", "get /things/{id}", "delete /things/{id}"],
         ["list", "post", "get", "delete"]),
        (["get /things", "get /things/list", "get /things/{id}"], ["get_all", "list", "get"]),
        (["put /things/{id}", "patch /things/{id}"], ["update", "patch"]),
        (["get /things/logo", "put /things/logo", "delete /things/logo"],
         ["logo", "update_logo", "delete_logo"]),
        (["get /things/{owner}", "get /things/{owner}/{name}"], ["get", "get_by_name"]),
        (["get /things/signed_url", "get /things/signed-url"], ["signed_url_2", "signed_url"]),
        (["get /things/{_id}", "get /things/{id}"], ["get", "get_2"]),
    ],
)  # fmt: skip
def test_paths_that_would_have_one_name_are_told_apart(paths: list[str], names: list[str]) -> None:
    made: dict[str, dict[str, object]] = {}
    for one in paths:
        method, path = one.split()
        made.setdefault(path, {})[method] = operation()
    assert [one.method_name for one in families(document(made))["things"].endpoints] == names


def test_what_base_classes_and_client_offer_is_reserved() -> None:
    from a2e_async import A2E
    from a2e_async.api import RESOURCES
    from a2e_async.resources import Workflow

    def public(cls: type) -> set[str]:
        return {name for name in dir(cls) if not name.startswith("_")}

    own = public(A2E) - set(RESOURCES)
    assert own <= naming.RESERVED_RESOURCES, own - naming.RESERVED_RESOURCES
    annotated = {name for cls in Workflow.__mro__ for name in vars(cls).get("__annotations__", {})}
    methods = public(Workflow) | annotated | {"client"}
    assert methods <= naming.RESERVED_METHODS, methods - naming.RESERVED_METHODS


def starts() -> dict[str, str]:
    found = families(read(ROOT / "openapi" / "a2e.json"))
    return {name: one.start.ref.path.rsplit("/", 1)[1] for name, one in found.items() if one.start}


def test_which_resources_are_workflows() -> None:
    unusual = {
        "avatar_video": "generate",
        "dubbing": "startDubbing",
        "face_swap_preview": "add",
        "face_swap_task": "add",
        "video_twin": "startTraining",
        "voice": "training",
    }
    assert unusual.items() <= starts().items()
    assert starts()["image_to_video"] == "start"
    assert not {"face_swap_image", "custom_avatar", "custom_background", "account", "tokens"} & set(starts())


def test_further_starts_are_those_that_the_overlay_names() -> None:
    found = families(read(ROOT / "openapi" / "a2e.json"))
    further = {name: [one.method_name for one in family.extra_starts] for name, family in found.items()}
    assert {name: methods for name, methods in further.items() if methods} == {
        "video_twin": ["continue_training", "eye_contact"]
    }


@pytest.mark.parametrize(
    ("paths", "start"),
    [
        ({"/api/v1/x/add": {"post": operation()}, "/api/v1/x/list": {"get": operation()}}, None),
        ({"/api/v1/x/startNow": {"post": operation()}}, "startNow"),
        ({"/api/v1/x/startNow": {"post": operation()}, "/api/v1/x/start": {"post": operation()}}, "start"),
        ({"/api/v1/x/started": {"post": operation()}}, None),
        ({"/api/v1/x/{_id}/start": {"post": operation(parameters=[id_parameter()])}}, None),
        ({"/api/v1/x/start": {"get": operation()}}, None),
        ({"/api/v1/x/make": {"post": operation(**{"x-a2e-start": True})}}, "make"),
        ({"/api/v1/x/start": {"post": operation(**{"x-a2e-start": False})}}, None),
        (
            {
                "/api/v1/x/generate": {"post": operation()},
                "/api/v1/x/{_id}": {"get": operation(parameters=[id_parameter()])},
            },
            None,
        ),
        (
            {
                "/api/v1/x/generate": {"post": operation()},
                "/api/v1/x/{_id}": {"get": operation(parameters=[id_parameter()])},
                "/api/v1/x/trainingRecords": {"get": operation()},
            },
            "generate",
        ),
    ],
)
def test_the_rule_for_starts(paths: dict[str, object], start: str | None) -> None:
    found = families(document(paths))["x"].start
    assert (found.tail[0] if found else None) == start


@pytest.mark.parametrize(
    ("detail", "key"),
    [
        ({"/api/v1/x/{_id}": {"get": operation(parameters=[id_parameter()])}}, "_id"),
        ({"/api/v1/x/detail/{id}": {"get": operation(parameters=[id_parameter("id")])}}, "id"),
        (
            {
                "/api/v1/x/detail": {
                    "get": operation(
                        parameters=[
                            {
                                "name": "video_id",
                                "in": "query",
                                "required": True,
                                "schema": {"type": "string"},
                            }
                        ]
                    )
                }
            },
            "video_id",
        ),
        (
            {
                "/api/v1/x/status": {
                    "get": operation(
                        parameters=[
                            {"name": "_id", "in": "query", "required": True, "schema": {"type": "string"}}
                        ]
                    )
                }
            },
            "_id",
        ),
        ({"/api/v1/x/status": {"get": operation()}}, None),
        ({"/api/v1/x/{_id}/1080p": {"get": operation(parameters=[id_parameter()])}}, None),
    ],
)
def test_where_one_task_is_read(detail: dict[str, object], key: str | None) -> None:
    start = {"/api/v1/x/start": {"post": operation(requestBody=fields())}}
    found = families(document({**start, **detail}))["x"]
    assert found.get_key == key
    assert (found.get is None) == (key is None)


@pytest.mark.parametrize("name", ["del", "remove"])
def test_a_post_that_names_an_id_deletes(name: str) -> None:
    paths = {
        "/api/v1/x/start": {"post": operation()},
        f"/api/v1/x/{name}": {"post": operation(requestBody=fields(["_id"], _id={"type": "string"}))},
    }
    found = families(document(paths))["x"].delete
    assert found is not None
    assert found.tail == (name,)
