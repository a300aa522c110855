"""Where the outputs of a task are found in its record, and which fields are never outputs."""

from __future__ import annotations

from typing import Any

import pytest

from a2e_async._tasks.outputs import output_urls

MADE = "https://cdn.example.com/made/1.mp4"
OTHER = "https://cdn.example.com/made/2.mp4"
GIVEN = "https://video.example.com/given.mp4"


@pytest.mark.parametrize(
    "key",
    [
        "result_url",
        "result_image_url",
        "result_video_url",
        "result",
        "resultUrl",
        "results",
        "output",
        "output_url",
        "output_urls",
        "outputVideoUrls",
        "video_output",
        "generated_image_urls",
        "preview_result_url",
        "image_urls",
        "imageUrls",
        "image_url",
        "video_url",
        "videoURL",
        "audio_url",
        "images",
        "url",
        "url_download",
        "url_show",
        "hd_url",
        "1080p_url",
        "media_url",
        "file",
    ],
)
@pytest.mark.parametrize(
    "shape",
    [
        lambda url: url,
        lambda url: [url],
        lambda url: [{"url": url, "width": 3}],
        lambda url: {"video_url": url, "cover_url": OTHER},
    ],
    ids=["text", "list", "objects", "object"],
)
def test_an_output_is_found_by_the_name_of_its_field(key: str, shape: Any) -> None:
    assert output_urls({"_id": "1", "name": "x", key: shape(MADE)}, set()) == (MADE,)


@pytest.mark.parametrize(
    "key",
    [
        "cover_url",
        "coverUrl",
        "result_cover_url",
        "video_cover",
        "thumbnail_url",
        "source_url",
        "face_url",
        "input_url",
        "input_images",
        "reference_urls",
        "reference_media",
        "first_frame_url",
        "end_image_url",
        "webhook_url",
        "callback_url",
        "avatar_url",
        "audioSrc",
        "custom_voice",
        "prompt",
        "name",
        "user",
        "resultless",
    ],
)
def test_a_field_beside_an_output_is_not_an_output(key: str) -> None:
    assert output_urls({key: MADE}, set()) == ()
    assert output_urls({key: [MADE]}, set()) == ()


@pytest.mark.parametrize("key", ["image_urls", "video_url", "url", "result_url", "output"])
def test_a_field_that_the_start_takes_is_an_input_whatever_it_is_called(key: str) -> None:
    assert output_urls({key: GIVEN}, {key}) == ()
    assert output_urls({key: GIVEN, "result_url": GIVEN, "image_url": MADE}, {key}) == (MADE,)


def test_an_input_is_known_again_in_another_field_too() -> None:
    raw = {"reference_media": [{"type": "reference_video", "url": GIVEN}], "video_url": GIVEN}
    assert output_urls(raw, {"reference_media"}) == ()
    assert output_urls({"video_url": GIVEN, "url": MADE}, set(), {GIVEN}) == (MADE,)


def test_a_result_is_believed_before_media_and_media_before_nothing() -> None:
    raw = {"video_url": GIVEN, "result_url": MADE, "preview_result_url": OTHER}
    assert output_urls(raw, set()) == (MADE,)
    assert output_urls({**raw, "result_url": ""}, set()) == (OTHER,)
    assert output_urls({**raw, "result_url": "", "preview_result_url": None}, set()) == (GIVEN,)


def test_each_output_once_and_in_order() -> None:
    assert output_urls({"image_urls": [OTHER, MADE, OTHER], "image_url": MADE}, set()) == (OTHER, MADE)


@pytest.mark.parametrize(
    "value", ["", None, "pending", "ftp://x/y", 7, True, [], {}, [None, 3, {}], "/a.mp4"]
)
def test_a_value_that_is_not_a_url_is_ignored(value: Any) -> None:
    assert output_urls({"result_url": value, "result": value}, set()) == ()


CLIP, TWIN, PEOPLE, BACK = (
    f"https://cdn.example.com/{name}" for name in ("r.mp4", "d.mp4", "p.mp4", "bg.png")
)


@pytest.mark.parametrize(
    ("raw", "urls"),
    [
        ({"result": CLIP, "result_people_url": PEOPLE, "result_bg_url": BACK}, [CLIP]),
        ({"result_url": CLIP, "display_result_url": TWIN}, [CLIP]),
        ({"display_result_url": TWIN, "result_url": CLIP}, [CLIP]),
        ({"display_result_url": TWIN}, [TWIN]),
        ({"image_urls": [MADE], "image_url": OTHER}, [MADE]),
        (
            {"image_urls": ["https://e.com/1.png"], "url_download": "https://e.com/2.png"},
            ["https://e.com/1.png"],
        ),
        ({"url_show": "https://e.com/2", "url": "https://e.com/1"}, ["https://e.com/1"]),
        ({"video_url": CLIP, "video_url_1080p": TWIN, "video_url_4k": OTHER}, [CLIP]),
        ({"result_url": CLIP, "result_video_url": TWIN}, [CLIP]),
        ({"result_mask_url": BACK, "result_url": CLIP}, [CLIP]),
        ({"result_last_frame_url": BACK, "result_url": CLIP}, [CLIP]),
        (
            {"result_video_url": CLIP, "result_audio_url": "https://e.com/a.mp3"},
            [CLIP, "https://e.com/a.mp3"],
        ),
        ({"output_1": MADE, "output_2": OTHER}, [MADE, OTHER]),
        ({"image_url_1": MADE, "image_url_2": OTHER}, [MADE, OTHER]),
        ({"result": {"url": CLIP, "display_url": TWIN, "bg_url": BACK}}, [CLIP]),
        ({"result": [{"url": CLIP, "show_url": TWIN}, {"url": MADE}]}, [CLIP, MADE]),
    ],
)
def test_one_medium_has_one_url(raw: dict[str, Any], urls: list[str]) -> None:
    assert list(output_urls(raw, set())) == urls


@pytest.mark.parametrize(
    ("raw", "declared", "urls"),
    [
        ({"film": CLIP, "result_url": MADE}, ["film"], [CLIP]),
        ({"film": [CLIP, TWIN, CLIP]}, ["film"], [CLIP, TWIN]),
        ({"film": {"src": CLIP}}, ["film"], [CLIP]),
        ({"film": {"video_url": CLIP, "cover_url": BACK}}, ["film"], [CLIP]),
        ({"made": {"films": [{"at": CLIP}, {"at": TWIN}, {}]}}, ["made.films.at"], [CLIP, TWIN]),
        ({"film": "", "clip": CLIP}, ["film", "clip"], [CLIP]),
        ({"film": MADE, "clip": CLIP}, ["film", "clip"], [MADE]),
        ({"film": "", "result_video_url": CLIP}, ["film"], [CLIP]),
        ({"film": None}, ["film", "film.url", "nothing.here"], []),
        ({"film": "soon"}, ["film"], []),
        ({"film": GIVEN, "source_url": GIVEN}, ["film"], []),
    ],
)
def test_declared_fields_come_first(raw: dict[str, Any], declared: list[str], urls: list[str]) -> None:
    assert list(output_urls(raw, {"source_url"}, declared=declared)) == urls
