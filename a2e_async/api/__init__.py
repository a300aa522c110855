"""All resources of the API, each imported on first use.

Generated from openapi/a2e.json by `make regenerate`. Do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from a2e_async.api.account import Account
    from a2e_async.api.actor_swap import ActorSwap
    from a2e_async.api.anchor import Anchor
    from a2e_async.api.avatar_video import AvatarVideo
    from a2e_async.api.caption_removal import CaptionRemoval
    from a2e_async.api.custom_avatar import CustomAvatar
    from a2e_async.api.custom_background import CustomBackground
    from a2e_async.api.dubbing import Dubbing
    from a2e_async.api.face_swap_image import FaceSwapImage
    from a2e_async.api.face_swap_preview import FaceSwapPreview
    from a2e_async.api.face_swap_task import FaceSwapTask
    from a2e_async.api.flux2 import Flux2
    from a2e_async.api.generation import Generation
    from a2e_async.api.gpt_image import GptImage
    from a2e_async.api.grok_video import GrokVideo
    from a2e_async.api.hailuo_video import HailuoVideo
    from a2e_async.api.happyhorse_video import HappyhorseVideo
    from a2e_async.api.head_swap import HeadSwap
    from a2e_async.api.image_edit import ImageEdit
    from a2e_async.api.image_to_video import ImageToVideo
    from a2e_async.api.kling_image import KlingImage
    from a2e_async.api.kling_omni import KlingOmni
    from a2e_async.api.kling_video import KlingVideo
    from a2e_async.api.minimax_h3_video import MinimaxH3Video
    from a2e_async.api.motion_transfer import MotionTransfer
    from a2e_async.api.nano_banana import NanoBanana
    from a2e_async.api.photobook import Photobook
    from a2e_async.api.product_avatar import ProductAvatar
    from a2e_async.api.qwen2_image import Qwen2Image
    from a2e_async.api.seedance2_video import Seedance2Video
    from a2e_async.api.seedance_video import SeedanceVideo
    from a2e_async.api.sora_video import SoraVideo
    from a2e_async.api.storage import Storage
    from a2e_async.api.talking_photo import TalkingPhoto
    from a2e_async.api.talking_video import TalkingVideo
    from a2e_async.api.text_to_image import TextToImage
    from a2e_async.api.think_sound import ThinkSound
    from a2e_async.api.tokens import Tokens
    from a2e_async.api.transactions import Transactions
    from a2e_async.api.tts import Tts
    from a2e_async.api.upscale import Upscale
    from a2e_async.api.veo_video import VeoVideo
    from a2e_async.api.video_twin import VideoTwin
    from a2e_async.api.virtual_try_on import VirtualTryOn
    from a2e_async.api.voice import Voice
    from a2e_async.api.wan25 import Wan25
    from a2e_async.api.wan26_image import Wan26Image
    from a2e_async.api.wan26_r2v import Wan26R2v
    from a2e_async.api.wan27_image import Wan27Image
    from a2e_async.api.wan30 import Wan30
    from a2e_async.api.wan_spicy import WanSpicy
    from a2e_async.protocols import Client

__all__ = ["RESOURCES", "Api"]

RESOURCES: Mapping[str, str] = {
    "account": "a2e_async.api.account:Account",
    "actor_swap": "a2e_async.api.actor_swap:ActorSwap",
    "anchor": "a2e_async.api.anchor:Anchor",
    "avatar_video": "a2e_async.api.avatar_video:AvatarVideo",
    "caption_removal": "a2e_async.api.caption_removal:CaptionRemoval",
    "custom_avatar": "a2e_async.api.custom_avatar:CustomAvatar",
    "custom_background": "a2e_async.api.custom_background:CustomBackground",
    "dubbing": "a2e_async.api.dubbing:Dubbing",
    "face_swap_image": "a2e_async.api.face_swap_image:FaceSwapImage",
    "face_swap_preview": "a2e_async.api.face_swap_preview:FaceSwapPreview",
    "face_swap_task": "a2e_async.api.face_swap_task:FaceSwapTask",
    "flux2": "a2e_async.api.flux2:Flux2",
    "generation": "a2e_async.api.generation:Generation",
    "gpt_image": "a2e_async.api.gpt_image:GptImage",
    "grok_video": "a2e_async.api.grok_video:GrokVideo",
    "hailuo_video": "a2e_async.api.hailuo_video:HailuoVideo",
    "happyhorse_video": "a2e_async.api.happyhorse_video:HappyhorseVideo",
    "head_swap": "a2e_async.api.head_swap:HeadSwap",
    "image_edit": "a2e_async.api.image_edit:ImageEdit",
    "image_to_video": "a2e_async.api.image_to_video:ImageToVideo",
    "kling_image": "a2e_async.api.kling_image:KlingImage",
    "kling_omni": "a2e_async.api.kling_omni:KlingOmni",
    "kling_video": "a2e_async.api.kling_video:KlingVideo",
    "minimax_h3_video": "a2e_async.api.minimax_h3_video:MinimaxH3Video",
    "motion_transfer": "a2e_async.api.motion_transfer:MotionTransfer",
    "nano_banana": "a2e_async.api.nano_banana:NanoBanana",
    "photobook": "a2e_async.api.photobook:Photobook",
    "product_avatar": "a2e_async.api.product_avatar:ProductAvatar",
    "qwen2_image": "a2e_async.api.qwen2_image:Qwen2Image",
    "seedance2_video": "a2e_async.api.seedance2_video:Seedance2Video",
    "seedance_video": "a2e_async.api.seedance_video:SeedanceVideo",
    "sora_video": "a2e_async.api.sora_video:SoraVideo",
    "storage": "a2e_async.api.storage:Storage",
    "talking_photo": "a2e_async.api.talking_photo:TalkingPhoto",
    "talking_video": "a2e_async.api.talking_video:TalkingVideo",
    "text_to_image": "a2e_async.api.text_to_image:TextToImage",
    "think_sound": "a2e_async.api.think_sound:ThinkSound",
    "tokens": "a2e_async.api.tokens:Tokens",
    "transactions": "a2e_async.api.transactions:Transactions",
    "tts": "a2e_async.api.tts:Tts",
    "upscale": "a2e_async.api.upscale:Upscale",
    "veo_video": "a2e_async.api.veo_video:VeoVideo",
    "video_twin": "a2e_async.api.video_twin:VideoTwin",
    "virtual_try_on": "a2e_async.api.virtual_try_on:VirtualTryOn",
    "voice": "a2e_async.api.voice:Voice",
    "wan25": "a2e_async.api.wan25:Wan25",
    "wan26_image": "a2e_async.api.wan26_image:Wan26Image",
    "wan26_r2v": "a2e_async.api.wan26_r2v:Wan26R2v",
    "wan27_image": "a2e_async.api.wan27_image:Wan27Image",
    "wan30": "a2e_async.api.wan30:Wan30",
    "wan_spicy": "a2e_async.api.wan_spicy:WanSpicy",
}
"""Every resource: its name on the client -> its class, as module:Class."""


class Api:
    """All resources of the API."""

    @cached_property
    def account(self: Client) -> Account:
        """Miscellaneous.

        Methods:
            add(username=, password=): Add a user.
            remaining_coins(): Get the balance.
        """
        from a2e_async.api.account import Account

        return Account(self)

    @cached_property
    def actor_swap(self: Client) -> ActorSwap:
        """Actor Swap: start actor swap task.

        Args:
            image_url (Media, required): Reference actor. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media, required): Control video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): What is wanted, in words.
            negative_prompt (str): What is not wanted, in words.
            timeout (int): Seconds. Server default: 300.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ActorSwapRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.actor_swap(image_url=Path("cat.png"), video_url=Path("clip.mp4"))
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.actor_swap import ActorSwap

        return ActorSwap(self)

    @cached_property
    def anchor(self: Client) -> Anchor:
        """Generate Avatar Videos.

        Methods:
            list(): List available avatars.
            tts_list(): List system voices (TTS presets).
            language_list(): List supported languages/regions for voices.
            post_voice_list(): List available voices by country/region.
            voice_list(): List available voices (GET).
            character_list(): List the avatars of the older interface.
        """
        from a2e_async.api.anchor import Anchor

        return Anchor(self)

    @cached_property
    def avatar_video(self: Client) -> AvatarVideo:
        """Generate Avatar Videos: generate AI video with avatar.

        One of audio_src or custom_voice is needed. Background replacement needs an original background
        stored on the avatar, or anchor_background_img / anchor_background_color in the request.

        At least one of audio_src and custom_voice is needed. Only one of back_id and custom_back_id may
        be given. web_bg_width, web_bg_height, web_people_width and web_people_height are needed with
        back_id, custom_back_id or color.

        Args:
            anchor_id (str, required): The avatar's id.
            anchor_type (float, required): 0 system avatar, 1 custom avatar.
            title (str): The title of the video, to find it again. At most 40 characters.
            audio_src (Media): Audio URL; needed when custom_voice is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            custom_voice (Media): Audio URL; needed when audio_src is absent. A URL, a Path, bytes, an `Upload` or a `Result`.
            anchor_background_img (Media): URL; needed to replace a background when the avatar stores no original one. A URL, a Path, bytes, an `Upload` or a `Result`.
            color (str): RGBA.
            anchor_background_color (str): RGBA; needed to replace a background when the avatar stores no original one.
            back_id (str): System background; not together with `custom_back_id` (error 30005).
            face_swap_id (str): The id of a face swap.
            custom_back_id (str): From custom_back/add; not together with `back_id` (error 30005).
            wl_model (str): Watermark/logo setting.
            is_skip_rs (bool): Skips resolution scaling.
            web_bg_width (float): Output canvas width. Needed with back_id, custom_back_id or color. Server default: 0.
            web_bg_height (float): Output canvas height. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_width (float): Avatar width in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_height (float): Avatar height in the output. Needed with back_id, custom_back_id or color. Server default: 0.
            web_people_x (float): Pixels from the left edge of the canvas to the avatar. Server default: 0.
            web_people_y (float): Pixels from the top edge of the canvas to the avatar. Server default: 0.
            web_dist_bg_width (float): Width of the background on the canvas, in pixels. -1 is its own width. Server default: -1.
            web_dist_bg_height (float): Height of the background on the canvas, in pixels. -1 is its own height. Server default: -1.
            web_dist_bg_x (float): Pixels from the left edge of the canvas to the background. Server default: 0.
            web_dist_bg_y (float): Pixels from the top edge of the canvas to the background. Server default: 0.
            resolution (float): Height in pixels. Server default: 1080.
            msg (str): The text that is spoken, as clients send it. It is not turned into speech here.
            erode_factor (float): How much is cut off along the avatar's outline when its background is replaced.
            is_skip_gp (bool): Skips green-screen processing.
            is_caption_enabled (bool): Whether captions are shown.
            gp_model (mapping): Green-screen settings.
            is_to_public_pool (bool): Whether the video may be shown to others.
            lip_model (str): Lip-sync model.
            caption_align (mapping): Style and position of the captions.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `AvatarVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.avatar_video(
                anchor_id="507f1f77bcf86cd799439011",
                anchor_type=0,
                audio_src=Path("speech.mp3"),
            )
            result = await job.run()
            ```

        More methods: `get`, `list`, `generate_public_access_token` and `task`.
        """
        from a2e_async.api.avatar_video import AvatarVideo

        return AvatarVideo(self)

    @cached_property
    def caption_removal(self: Client) -> CaptionRemoval:
        """Caption Removal: start caption removal task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url (Media, required): The video to clean. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `CaptionRemovalRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.caption_removal(source_url=Path("clip.mp4"))
            result = await job.run()
            ```

        More methods: `list`, `all_processing`, `batch_detail`, `get`, `delete`, `retry` and `task`.
        """
        from a2e_async.api.caption_removal import CaptionRemoval

        return CaptionRemoval(self)

    @cached_property
    def custom_avatar(self: Client) -> CustomAvatar:
        """Create Avatars.

        Methods:
            add(): Add new record.
            list(): List the custom avatars.
            delete(): Delete record.
            all_tags(): List all tags.
            update(id): Update record.
        """
        from a2e_async.api.custom_avatar import CustomAvatar

        return CustomAvatar(self)

    @cached_property
    def custom_background(self: Client) -> CustomBackground:
        """Background Matting.

        Methods:
            add(img_url=): Add new custom background.
            list(): List the custom backgrounds.
            delete(): Delete record.
            all_background(): List all backgrounds.
            random_background(): Get a random background.
        """
        from a2e_async.api.custom_background import CustomBackground

        return CustomBackground(self)

    @cached_property
    def dubbing(self: Client) -> Dubbing:
        """AI Dubbing: start AI dubbing task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            source_url (Media): The video or audio to dub. A URL, a Path, bytes, an `Upload` or a `Result`.
            source_lang (str): The language that is spoken in it, such as en; auto finds out.
            target_lang (str): The language to dub into, such as es.
            num_speakers (int): How many people speak.
            drop_background_audio (bool): Whether the music and noise behind the speech are left out.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            body (mapping): Members of the JSON body that are not documented.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `DubbingRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.dubbing(source_url=Path("clip.mp4"), target_lang="es")
            result = await job.run()
            ```

        More methods: `list`, `all_processing`, `get`, `delete` and `task`.
        """
        from a2e_async.api.dubbing import Dubbing

        return Dubbing(self)

    @cached_property
    def face_swap_image(self: Client) -> FaceSwapImage:
        """Face Swap.

        Methods:
            add(face_url=): Add a new face image for face swapping.
            list(): Get user's face swap image records.
            delete(id): Remove a face swap image.
        """
        from a2e_async.api.face_swap_image import FaceSwapImage

        return FaceSwapImage(self)

    @cached_property
    def face_swap_preview(self: Client) -> FaceSwapPreview:
        """Face Swap: create a new face swap preview task.

        Args:
            video_url (Media, required): The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url (Media, required): A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `FaceSwapPreviewRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_preview(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = await job.run()
            ```

        More methods: `status` and `task`.
        """
        from a2e_async.api.face_swap_preview import FaceSwapPreview

        return FaceSwapPreview(self)

    @cached_property
    def face_swap_task(self: Client) -> FaceSwapTask:
        """Face Swap: create a new face swap task.

        Args:
            video_url (Media, required): The video, or picture, that gets the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            face_url (Media, required): A picture of the face. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            cover_url (Media): Cover image URL. A URL, a Path, bytes, an `Upload` or a `Result`.
            model_version (str): v1 is the default (JAH pipeline); v2 (ComfyUI) handles images only.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `FaceSwapTaskRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.face_swap_task(video_url=Path("clip.mp4"), face_url=Path("cat.png"))
            result = await job.run()
            ```

        More methods: `list`, `status`, `batch_detail`, `get`, `delete`, `retry` and `task`.
        """
        from a2e_async.api.face_swap_task import FaceSwapTask

        return FaceSwapTask(self)

    @cached_property
    def flux2(self: Client) -> Flux2:
        """Flux 2: start Flux 2 Pro image generation or editing.

        Text-to-image, or image-to-image with up to 8 reference images. Usually 20-60 seconds. Images
        expire after 7 days. A 200 may instead report detected NSFW content. 402 when credits are short.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): Reference images. With any, the picture is made from them. Each a URL, a Path, bytes, an `Upload` or a `Result`. At most 8 items.
            aspect_ratio (str): Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, custom, match_input_image. Server default: 9:16.
            resolution (str): 1K is about 1 megapixel, 2K about 2. Server default: 1K.
            force_generate (bool): Generates despite NSFW detection; default true for API callers, false for web. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Flux2Record` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.flux2(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.flux2 import Flux2

        return Flux2(self)

    @cached_property
    def generation(self: Client) -> Generation:
        """Credits.

        Methods:
            quote(endpoint=, request_body=): Estimate generation credit consumption.
        """
        from a2e_async.api.generation import Generation

        return Generation(self)

    @cached_property
    def gpt_image(self: Client) -> GptImage:
        """GPT Image: start GPT Image generation or editing.

        Text-to-image, or editing of up to 16 images. Results expire after 3 days.
        webhook_url/webhook_token work for API-token callers only, best effort.

        resolution 4K cannot be combined with model gpt-image-2 and aspect_ratio 1:1.

        Args:
            prompt (str, required): What is wanted, in words. At most 3000 characters.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): Image URLs for editing; at most 16 (gpt-image-1.5). Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model (str): 1.5: 20/35 coins; 2: per image 25 (1K), 35 (2K), 45 (4K), quality fixed medium. One of gpt-image-1.5, gpt-image-2, gpt-image-2.5-sunburst, gpt-image-2.5-flare. Server default: gpt-image-1.5.
            aspect_ratio (str): gpt-image-1.5: only 1:1, 3:2, 2:3, others become 1:1; gpt-image-2: all nine. One of auto, 1:1, 9:16, 21:9, 16:9, 4:3, 3:2, 3:4, 2:3. Server default: 1:1.
            quality (str): gpt-image-1.5 only. One of medium, high. Server default: medium.
            resolution (str): gpt-image-2 only; 1:1 excludes 4K; aspect_ratio auto or omitted: 1K only. One of 1K, 2K, 4K. Server default: 1K.
            force_generate (bool): Generates despite detected NSFW.
            save_as_png (any JSON): Whether the picture is a PNG.
            background (any JSON): The background of the picture.
            creation_mode (any JSON): How the picture is made.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `GptImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.gpt_image(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.gpt_image import GptImage

        return GptImage(self)

    @cached_property
    def grok_video(self: Client) -> GrokVideo:
        """Grok Video: start Grok Imagine video generation.

        text-to-video needs prompt; image-to-video needs an image (image_urls or image_url).

        prompt is needed with model_type text-to-video or left out. image_urls or image_url is needed
        with model_type image-to-video. model_version 1.5 cannot be combined with model_type
        text-to-video or left out. aspect_ratio can only be 1:1, 16:9 or 9:16 with model_type
        text-to-video or left out and model_version legacy or left out.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model_type (str): From words alone, or from an image. One of text-to-video, image-to-video. Server default: text-to-video.
            model_version (str): 1.5 works with image-to-video only. One of legacy, 1.5. Server default: legacy.
            prompt (str): Needed for text-to-video; optional for image-to-video.
            mode (str): For image-to-video the upstream may turn spicy into normal. One of fun, normal, spicy. Server default: normal.
            image_urls (list of Media): The images to animate. image-to-video needs at least one. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url (Media): Single-image alternative to image_urls; the server puts it first in image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Legacy text: 1:1/16:9/9:16; legacy image may add 4:3/3:4/3:2/2:3; 1.5 takes all. One of auto, 1:1, 16:9, 9:16, 4:3, 3:4, 3:2, 2:3. Server default: 16:9.
            duration (str): Seconds. One of 6, 10, 15. Server default: 6.
            nsfw_checker (bool): Acts for model_version 1.5. Server default: False.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `GrokVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.grok_video(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.grok_video import GrokVideo

        return GrokVideo(self)

    @cached_property
    def hailuo_video(self: Client) -> HailuoVideo:
        """Hailuo Video Generation: start Hailuo video generation.

        Image-to-video only. prompt and at least one image are needed; 1080P cannot be combined with 10
        s.

        At least one of image_urls and image_url is needed. duration 10 cannot be combined with
        resolution 1080P.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            image_urls (list of Media): The images to animate; at least one is needed. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            image_url (Media): Single-image alternative to image_urls. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution (str): 1080P is not allowed with duration 10. One of 768P, 1080P. Server default: 768P.
            duration (str): Seconds. One of 6, 10. Server default: 6.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `HailuoVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.hailuo_video(
                prompt="A cat playing with a ball of yarn",
                image_urls=[Path("cat.png")],
            )
            result = await job.run()
            ```

        More methods: `list`, `get`, `delete` and `task`.
        """
        from a2e_async.api.hailuo_video import HailuoVideo

        return HailuoVideo(self)

    @cached_property
    def happyhorse_video(self: Client) -> HappyhorseVideo:
        """HappyHorse Video: start HappyHorse video generation task (T2V / I2V / R2V / Video-Edit).

        HappyHorse on Alibaba DashScope. Without `model_version` version 1.0 is used. Modes t2v, i2v,
        r2v exist in 1.0 and 1.1, video-edit only in 1.0; models are named like happyhorse-1.1-t2v.

        prompt is needed with mode t2v, r2v or video-edit. image_url is needed with mode i2v.
        reference_image_urls is needed with mode r2v. edit_video_url is needed with mode video-edit.
        resolution can only be 720P or 1080P and reference_image_urls is at most 5 with mode video-edit.
        duration can only be 5, 10 or 15 and resolution can only be 720P or 1080P with mode t2v, i2v or
        r2v and model_version 1.0 or left out. ratio can only be 16:9, 9:16, 1:1, 4:3 or 3:4 with mode
        t2v or r2v and model_version 1.0 or left out.

        Args:
            mode (str, required): Text (t2v), image (i2v) or reference (r2v) to video, or editing of a video (video-edit).
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model_version (str): video-edit always runs 1.0; 1.1 allows more durations, ratios and 480P. Server default: 1.0.
            prompt (str): Needed for t2v, r2v and video-edit; optional for i2v.
            image_url (Media): First frame; i2v only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls (list of Media): r2v needs 1-9; video-edit takes 0-5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url (Media): video-edit only. A URL, a Path, bytes, an `Upload` or a `Result`.
            input_video_seconds (float): Seconds of the input video as the client measured; estimates video-edit cost.
            duration (str): Seconds; 1.0: 5, 10 or 15; 1.1: 3-15; ignored for video-edit. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution (str): 480P only with 1.1 in t2v, i2v, r2v. One of 480P, 720P, 1080P. Server default: 720P.
            ratio (str): t2v and r2v only; 4:5, 5:4, 9:21, 21:9 need 1.1. One of 16:9, 9:16, 1:1, 4:3, 3:4, 4:5, 5:4, 9:21, 21:9. Server default: 16:9.
            audio_setting (str): video-edit only; auto: model decides; origin: input audio kept. Server default: auto.
            seed (int): Range 0 to 2147483647.
            watermark (bool): DashScope watermark. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `HappyhorseVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.happyhorse_video(mode="t2v", prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.happyhorse_video import HappyhorseVideo

        return HappyhorseVideo(self)

    @cached_property
    def head_swap(self: Client) -> HeadSwap:
        """Head Swap: start head swap generation.

        An image target gives an image, a video target (at most 15 s) a video. A detected age under 15
        is refused (codes 1003 and 1004). The status is initialized, sent, processing, completed or
        failed.

        Args:
            image_url (Media, required): The head to transplant. A URL, a Path, bytes, an `Upload` or a `Result`.
            target_image_url (Media, required): Body image or video (video at most 15 seconds); decides the output kind. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `HeadSwapRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.head_swap(image_url=Path("cat.png"), target_image_url=Path("clip.mp4"))
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.head_swap import HeadSwap

        return HeadSwap(self)

    @cached_property
    def image_edit(self: Client) -> ImageEdit:
        """Image Edit: start image editing task.

        Args:
            edit_type (str, required): What is edited: what a person wears, or a product. One of clothing, product.
            image_urls (list of Media, required): The picture to edit first, then those of the clothing or product. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 2 items.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            timeout (float): Seconds. Server default: 120.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ImageEditRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.image_edit(edit_type="clothing", image_urls=[Path("cat.png"), Path("cat.png")])
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.image_edit import ImageEdit

        return ImageEdit(self)

    @cached_property
    def image_to_video(self: Client) -> ImageToVideo:
        """Image to Video: start image to video conversion.

        The V2 models make their own audio (auto_add_audio is ignored) and are not covered by plan
        waivers; a2e-v2 costs more per second.

        end_image_url is needed with model_type FLF2V.

        Args:
            image_url (Media, required): The picture to animate; it is the first frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): What is wanted, in words.
            negative_prompt (str): What is not wanted, in words.
            lora (str): Lora ID; its preset replaces prompt and negative_prompt, which may then be omitted.
            model_type (str): From one picture (GENERAL), or from a first and a last frame (FLF2V). Server default: GENERAL.
            model_version (str): The model. Server default: a2e-v2 for Ultra users, a2e otherwise. a2e-v2 costs more per second; a2e-v2-flash costs the same as a2e.
            end_image_url (Media): Needed when model_type is FLF2V. A URL, a Path, bytes, an `Upload` or a `Result`.
            extend_prompt (bool): Whether the prompt is extended automatically. Server default: True.
            number_of_images (int): How many videos are made. 1 to 8. Server default: 1.
            video_time (int): Seconds. One of 5, 10, 15, 20. Server default: 5.
            video_length (int): Deprecated, frames; use video_time. 1 to 1000.
            skip_face_enhance (bool): False enhances face similarity. Server default: False.
            mask_face (bool): Web NSFW preflight; true only once the user agreed to face masking.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ImageToVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.image_to_video(image_url=Path("cat.png"))
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `avg_processing_time`, `unlimited_queue_level`,
        `mark_shared`, `mark_downloaded`, `mark_copied`, `get`, `delete`, `prompt_extension`,
        `flf2v_prompt_extension` and `task`.
        """
        from a2e_async.api.image_to_video import ImageToVideo

        return ImageToVideo(self)

    @cached_property
    def kling_image(self: Client) -> KlingImage:
        """Kling Image: start Kling 3.0 image generation.

        Creates one or more tasks, as many as `n` says.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): Reference image URLs, publicly reachable. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of 1:1, 16:9, 9:16, 4:3, 3:4, 2:3, 3:2, 21:9. Server default: 9:16.
            n (int): How many pictures are made; each is a task. 1 to 9.
            resolution (str): How large the pictures are. One of 1k, 2k. Server default: 1k.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `KlingImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_image(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.kling_image import KlingImage

        return KlingImage(self)

    @cached_property
    def kling_omni(self: Client) -> KlingOmni:
        """Kling Omni: start Kling Omni video generation.

        Model kling-v3-omni. Up to 7 reference images, 3-15 s. Server turns plain URLs, boolean sound
        and unindexed multi_prompt into the official Kling forms.

        prompt is needed with multi_shot False or left out, or with shot_type intelligence. shot_type is
        needed with multi_shot True. multi_prompt is needed with shot_type customize.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): Needed when multi_shot is false or shot_type is intelligence; refer to images as <<<image_N>>>.
            image_list (list of Media): Up to 7 image URLs; jpg/jpeg/png, 10 MB each at most. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            mode (str): std gives 720p, pro gives 1080p. Server default: std.
            duration (str): Seconds, 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            aspect_ratio (str): Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound (bool): Whether the video has sound. Server default: False.
            multi_shot (bool): Whether the video has several shots. Server default: False.
            shot_type (str): Needed when multi_shot is true. One of intelligence, customize.
            multi_prompt (list of mapping): Needed when shot_type is customize; 1 to 6 shots whose durations sum to duration.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `KlingOmniRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_omni(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `update`, `delete` and `task`.
        """
        from a2e_async.api.kling_omni import KlingOmni

        return KlingOmni(self)

    @cached_property
    def kling_video(self: Client) -> KlingVideo:
        """Kling Video: start Kling video generation.

        motion-control moves a video's motion onto an image. Version 2.6: 5 or 10 s; 3.0 (standard or
        fast): 3-15 s. End frame needs pro. 4k: version 3.0 text or image video only.

        image_url is needed with mode image-to-video or motion-control. video_url is needed with mode
        motion-control. duration can only be 5 or 10 with mode text-to-video or image-to-video and
        version 2.6 or left out. model_version can only be standard and quality_mode can only be std or
        pro with version 2.6 or left out, or with mode motion-control. mode can only be image-to-video
        with end_image_url. quality_mode must be pro with end_image_url and model_version standard or
        left out, or with version 2.6 or left out and sound True. sound True cannot be combined with
        version 2.6 or left out and end_image_url.

        Args:
            mode (str, required): Text or image to video, or the motion of a video moved onto an image. One of text-to-video, image-to-video, motion-control.
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            version (str): 2.6: 5 or 10 s; 3.0: 5, 10 or 15 s (but see duration). Server default: 2.6.
            model_version (str): fast: version 3.0 only, text/image-to-video, 3-15 s, takes resolution instead of quality_mode 4k. One of standard, fast. Server default: standard.
            resolution (str): For model_version fast. One of 720p, 1080p. Server default: 720p.
            quality_mode (str): 4k: only Kling 3.0 text-to-video and image-to-video. One of std, pro, 4k. Server default: std.
            duration (str): Seconds. Version 2.6: 5 or 10; version 3.0: 3 to 15. One of 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            image_url (Media): Needed when mode is image-to-video or motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media): Needed when mode is motion-control. A URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Only for text-to-video. One of 16:9, 9:16, 1:1. Server default: 16:9.
            sound (bool): Version 2.6: pro only; version 3.0: std or pro. 4k is a separate price tier. Server default: False.
            end_image_url (Media): End frame; image-to-video with pro only; in version 2.6 not together with sound. A URL, a Path, bytes, an `Upload` or a `Result`.
            character_orientation (str): For motion-control. image: 3-10 s; video: 3-30 s. Server default: video.
            negative_prompt (str): What is not wanted, in words.
            seed (float): Seed of the random generator.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `KlingVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.kling_video(mode="text-to-video", prompt="A beautiful sunset over the ocean")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `update`, `delete` and `task`.
        """
        from a2e_async.api.kling_video import KlingVideo

        return KlingVideo(self)

    @cached_property
    def minimax_h3_video(self: Client) -> MinimaxH3Video:
        """MiniMax H3 Video Generation: start MiniMax H3 video generation.

        image-to-video needs first_frame_url; reference-to-video needs at least one of the reference
        image, video or audio lists.

        first_frame_url is needed with mode image-to-video. reference_image_urls, reference_video_urls
        or reference_audio_urls is needed with mode reference-to-video. aspect_ratio can only be 21:9,
        16:9, 4:3, 1:1, 3:4 or 9:16 with mode text-to-video or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): From words alone, from an image, or after reference media. One of text-to-video, image-to-video, reference-to-video. Server default: text-to-video.
            first_frame_url (Media): Needed when mode is image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url (Media): Optional; image-to-video only. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls (list of Media): reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_video_urls (list of Media): reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_audio_urls (list of Media): reference-to-video only. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            resolution (str): How large the video is: 768 lines, or 2K. One of 768P, 2K. Server default: 2K.
            duration (str): Seconds. One of 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 12.
            aspect_ratio (str): adaptive only for reference-to-video, its default; ignored for image-to-video. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `MinimaxH3VideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.minimax_h3_video(prompt="A cinematic sunrise over snowy mountains")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.minimax_h3_video import MinimaxH3Video

        return MinimaxH3Video(self)

    @cached_property
    def motion_transfer(self: Client) -> MotionTransfer:
        """Motion Transfer: start motion transfer task.

        Args:
            image_url (Media, required): Reference image. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media, required): Source of the motion. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            positive_prompt (str): What is wanted, in words.
            negative_prompt (str): What is not wanted, in words.
            timeout (float): Seconds. Server default: 300.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `MotionTransferRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.motion_transfer(image_url=Path("cat.png"), video_url=Path("clip.mp4"))
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.motion_transfer import MotionTransfer

        return MotionTransfer(self)

    @cached_property
    def nano_banana(self: Client) -> NanoBanana:
        """Nano Banana: start Nano Banana image generation.

        NSFW is checked before generating. webhook_url/webhook_token work for API-token callers only,
        best effort.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model (str): nano-banana has no resolution control (edits when given images); lite is 1K only. One of nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite. Server default: nano-banana-pro.
            input_images (list of Media): Image URLs, for editing and composition. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of auto, 16:9, 1:1, 9:16, 4:3, 3:4, 2:3, 3:2, 4:5, 5:4, 21:9. Server default: auto.
            image_size (str): Only nano-banana-pro and nano-banana-2; nano-banana-2-lite is always 1K. One of 1K, 2K, 4K. Server default: 1K.
            google_search (bool): Grounding by web search; nano-banana-2 only. Server default: False.
            force_generate (bool): Generates despite detected NSFW; default true for API callers, false on the web. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `NanoBananaRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.nano_banana(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.nano_banana import NanoBanana

        return NanoBanana(self)

    @cached_property
    def photobook(self: Client) -> Photobook:
        """Photobook: start photobook generation.

        Creates a photobook task that yields `total_count` (4, 8, 12 or 16) photos from one face image.
        No webhook input here.

        Args:
            face_image_url (Media, required): One face image, used for every photo. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            location (str): Where the photos are set, in words.
            clothing (str): Applied in the image-edit step.
            total_count (int): How many photos are made. One of 4, 8, 12, 16. Server default: 4.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `PhotobookRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.photobook(face_image_url=Path("cat.png"))
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.photobook import Photobook

        return Photobook(self)

    @cached_property
    def product_avatar(self: Client) -> ProductAvatar:
        """Product Avatar: generate product avatar with AI (Async).

        Statuses: initialized, sent, pending, processing, then completed (result_image_url) or failed
        (failure). Tasks fail after 2 hours; credits come back on timeout or failure.

        Args:
            image_urls (list of Media, required): Index 0 is the product, index 1 the person. Each a URL, a Path, bytes, an `Upload` or a `Result`. Exactly 2 items.
            product_rect (mapping, required): Position and size of the product.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            prompt (str): What is wanted, in words.
            timeout (float): Seconds. Server default: 120.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ProductAvatarRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.product_avatar(
                image_urls=[Path("cat.png"), Path("cat.png")],
                product_rect={"x": 100, "y": 150, "width": 200, "height": 300, "rotation": 0, "scale": 1},
            )
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.product_avatar import ProductAvatar

        return ProductAvatar(self)

    @cached_property
    def qwen2_image(self: Client) -> Qwen2Image:
        """Qwen Image: start a new Qwen2 image generation/edit task.

        Text-to-image or image editing. webhook_url/webhook_token work for API-token callers only, best
        effort.

        size can only be 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280 or
        1512*648 with model qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0 or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model (str): The model. Only qwen-image-3.0-pro makes the sizes with 2048. One of qwen-image-2.0, qwen-image-2.0-pro, qwen-image-3.0, qwen-image-3.0-pro. Server default: qwen-image-2.0.
            input_images (list of Media): Reference images; the URLs must be public. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            size (str): The 2K sizes (with 2048) need qwen-image-3.0-pro; the others suit every model. One of 1024*1024, 1328*880, 880*1328, 1152*864, 864*1152, 1280*720, 720*1280, 1512*648, 2048*2048, 2048*1365, 1365*2048, 2048*1536, 1536*2048, 2048*1152, 1152*2048. Server default: 1024*1024.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Qwen2ImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.qwen2_image(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `get`, `batch_detail`, `delete` and `task`.
        """
        from a2e_async.api.qwen2_image import Qwen2Image

        return Qwen2Image(self)

    @cached_property
    def seedance2_video(self: Client) -> Seedance2Video:
        """Seedance 2.x: start Seedance 2.x video generation.

        Seedance 2.0 (standard/mini/fast) or 2.5. Inputs must be public URLs; asset:// URIs are refused.
        2.0: 15 s, 9 images, 3 videos, 3 audios; 2.5: 30 s, 30/10/10, up to 1080p, audio-only allowed.

        image_url is needed with mode image-to-video. first_frame_url and last_frame_url are needed with
        mode first-last-frames. reference_urls, video_urls or audio_urls is needed with mode reference.
        reference_urls or video_urls is needed with mode reference and model_version standard, mini,
        fast or left out. duration is at most 15, reference_urls is at most 9, video_urls is at most 3
        and audio_urls is at most 3 with model_version standard, mini, fast or left out. resolution can
        only be 480p or 720p with model_version mini or fast. resolution can only be 480p, 720p or 1080p
        with model_version 2.5. mode must be reference and model_version must be 2.5 with
        omni_reference_task_type. video_urls is needed, duration must be -1, aspect_ratio must be
        adaptive and video_urls is at most 1 with omni_reference_task_type edit. aspect_ratio must be
        adaptive with omni_reference_task_type extend.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): Inputs by `mode`: image_url; first_frame_url+last_frame_url; reference_urls/video_urls/audio_urls. Audio alone needs 2.5. One of text-to-video, image-to-video, first-last-frames, reference. Server default: text-to-video.
            model_version (str): standard/mini/fast are Seedance 2.0 tiers; 2.5 has one tier, higher limits. Server default: standard.
            omni_reference_task_type (str): 2.5 reference mode. edit: adaptive ratio, duration -1, exactly one video; extend: adaptive ratio.
            image_url (Media): First frame for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_frame_url (Media): Needed for first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            last_frame_url (Media): Needed for first-last-frames; optional for image-to-video. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_urls (list of Media): Images for reference `mode`: at most 9 on 2.0, 30 on 2.5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            video_urls (list of Media): mp4/mov. 2.0: 3 clips, 2-15 s each; 2.5: 10 clips, 30 s together. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            audio_urls (list of Media): mp3/wav. 2.0: 3 clips, 2-15 s each, 15 s together, not alone; 2.5: 10. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            duration (int): Seconds; at most 15 on 2.0, 30 on 2.5; 2.5 edit needs -1. 4 to 30. Server default: 5.
            input_video_duration (float): Seconds, an estimate; billed on the larger of this and the probed length. 2 to 45.5.
            aspect_ratio (str): Width to height. One of adaptive, 21:9, 16:9, 4:3, 1:1, 3:4, 9:16. Server default: 16:9.
            resolution (str): 4k: 2.0 standard only; 2.5: up to 1080p; fast/mini: 480p or 720p. Server default: 720p.
            generate_audio (bool): Billing includes audio; send false to turn it off. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Seedance2VideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance2_video(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `update`, `delete` and `task`.
        """
        from a2e_async.api.seedance2_video import Seedance2Video

        return Seedance2Video(self)

    @cached_property
    def seedance_video(self: Client) -> SeedanceVideo:
        """Seedance 1.5 Pro: start Seedance 1.5 Pro video generation.

        Asynchronous, on BytePlus ModelArk Seedance 1.5 Pro. Three uses: text, image, first and last
        frames (inferred from the two image URLs).

        image_url is needed with mode image-to-video.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): First-last-frames: send image-to-video with image_url and end_image_url. One of text-to-video, image-to-video. Server default: text-to-video.
            image_url (Media): Needed for image-to-video; is the first frame when end_image_url is given. A URL, a Path, bytes, an `Upload` or a `Result`.
            end_image_url (Media): Last frame; together with image_url switches to first-last-frames. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration (str): Seconds. One of 5, 10. Server default: 5.
            aspect_ratio (str): Width to height. One of 16:9, 9:16, 1:1. Server default: 16:9.
            resolution (str): How large the video is. One of 480p, 720p. Server default: 720p.
            camera_fixed (bool): Whether the camera does not move. Server default: False.
            generate_audio (bool): Whether the video has sound. Server default: False.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `SeedanceVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.seedance_video(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list` and `task`.
        """
        from a2e_async.api.seedance_video import SeedanceVideo

        return SeedanceVideo(self)

    @cached_property
    def sora_video(self: Client) -> SoraVideo:
        """Sora 2 Pro Video: start Sora 2 Pro video generation (powered by Kling 3.0).

        Runs on the official Kling 3.0 API in spite of its name. Text-to-video or image-to-video (the
        default).

        image_urls is needed with model_type image-to-video or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model_type (str): From words alone, or from images. One of text-to-video, image-to-video. Server default: image-to-video.
            image_urls (list of Media): Needed when model_type is image-to-video. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of portrait, landscape. Server default: landscape.
            duration_seconds (str): Seconds. One of 5, 10, 15. Server default: 5.
            quality (str): The quality of the video. One of standard, high. Server default: standard.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `SoraVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.sora_video(prompt="a red kite over the sea", image_urls=[Path("cat.png")])
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.sora_video import SoraVideo

        return SoraVideo(self)

    @cached_property
    def storage(self: Client) -> Storage:
        """Miscellaneous.

        Methods:
            get_upload_presigned_url(key=): Get pre-signed upload URL.
            upload_presigned_url(key=): Get pre-signed upload URL.
        """
        from a2e_async.api.storage import Storage

        return Storage(self)

    @cached_property
    def talking_photo(self: Client) -> TalkingPhoto:
        """Talking Photo: start talking photo generation.

        Makes a video from a portrait image and, optionally, an audio track. Returns the task record.

        Args:
            image_url (Media, required): A picture of the person who speaks. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt (str, required): What is wanted, in words.
            negative_prompt (str, required): What is not wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            audio_url (Media): What the person says. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration (int): Seconds; 0 is as long as the audio. 0 to 20. Server default: 3.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `TalkingPhotoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.talking_photo(
                image_url=Path("cat.png"),
                prompt="Make this person smile and speak",
                negative_prompt="blurry, distorted",
            )
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete`, `callback` and `task`.
        """
        from a2e_async.api.talking_photo import TalkingPhoto

        return TalkingPhoto(self)

    @cached_property
    def talking_video(self: Client) -> TalkingVideo:
        """Talking Video: start talking video generation.

        Args:
            video_url (Media, required): A video of the person who speaks. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt (str, required): What is wanted, in words.
            negative_prompt (str, required): What is not wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            audio_url (Media): What the person says. A URL, a Path, bytes, an `Upload` or a `Result`.
            duration (int): Seconds. 1 to 20. Server default: 3.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `TalkingVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.talking_video(
                video_url=Path("clip.mp4"),
                prompt="Make this person smile and speak",
                negative_prompt="blurry, distorted",
            )
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.talking_video import TalkingVideo

        return TalkingVideo(self)

    @cached_property
    def text_to_image(self: Client) -> TextToImage:
        """Text to Image: start text to image generation.

        May create several tasks (one per image, see max_images). webhook_url/webhook_token work for
        API-token callers only, best effort.

        input_images is at most 2 with model_type a2e or left out.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            width (float): Pixels. Server default: 1024.
            height (float): Pixels. Server default: 1024.
            model_type (str): The model. seedream also takes model_version and aspect_ratio. One of a2e, seedream, zimage. Server default: a2e.
            input_images (list of Media): Reference images: at most 2 for a2e, 10 for Seedream 5.0 Pro. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            skip_face_enhance (bool): a2e image edit only: turns off face-similarity enhancement. Server default: False.
            aspect_ratio (str): Seedream only. One of 1:1, 4:3, 3:4, 16:9, 9:16, 2:3, 3:2, 21:9.
            max_images (int): Each image becomes a task of its own. 1 to 8.
            model_version (str): With model_type seedream. One of 4.5, 5.0, 5.0-pro.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `TextToImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.text_to_image(prompt="A beautiful sunset over mountains")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete`, `quick_add_avatar` and `task`.
        """
        from a2e_async.api.text_to_image import TextToImage

        return TextToImage(self)

    @cached_property
    def think_sound(self: Client) -> ThinkSound:
        """ThinkSound: start ThinkSound generation.

        Args:
            video_url (Media, required): Only .mp4, .avi, .mov or .mkv. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            caption (str): What the sound is of, in words.
            cot_description (str): Chain-of-thought text.
            seed (float): Seed of the random generator.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `ThinkSoundRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.think_sound(video_url=Path("clip.mp4"))
            result = await job.run()
            ```

        More methods: `delete`, `get`, `list`, `batch_detail` and `task`.
        """
        from a2e_async.api.think_sound import ThinkSound

        return ThinkSound(self)

    @cached_property
    def tokens(self: Client) -> Tokens:
        """Miscellaneous.

        Methods:
            generate(alias=): Generate API token.
            delete(id): Delete API token.
            list(): List API tokens.
            status(id=, enabled=): Switch an API token on or off.
        """
        from a2e_async.api.tokens import Tokens

        return Tokens(self)

    @cached_property
    def transactions(self: Client) -> Transactions:
        """Credits.

        Methods:
            credits_history(): Get credits history.
        """
        from a2e_async.api.transactions import Transactions

        return Transactions(self)

    @cached_property
    def tts(self: Client) -> Tts:
        """TTS and Voice Clone.

        Methods:
            send_tts(msg=): Generate text-to-speech audio.
            preview_list(): Get TTS preview list.
            preview_delete(id): Delete TTS preview record.
        """
        from a2e_async.api.tts import Tts

        return Tts(self)

    @cached_property
    def upscale(self: Client) -> Upscale:
        """Upscale: start upscale task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            source_url (Media, required): Source may be an image or a video. A URL, a Path, bytes, an `Upload` or a `Result`.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `UpscaleRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.upscale(source_url=Path("clip.mp4"))
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.upscale import Upscale

        return Upscale(self)

    @cached_property
    def veo_video(self: Client) -> VeoVideo:
        """Veo Video: start Veo 3.1 video generation.

        Text, image-frame and reference-image input (see generation_type).

        image_urls is needed with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO or REFERENCE_2_VIDEO.
        image_urls is at most 2 with generation_type FIRST_AND_LAST_FRAMES_2_VIDEO.

        Args:
            prompt (str, required): May be an empty string: the server then uses a placeholder text.
            name (str): Optional; the server makes one when left out. Without one, the SDK names the task.
            generation_type (str): Text only, start/end frame images, or reference images. One of TEXT_2_VIDEO, FIRST_AND_LAST_FRAMES_2_VIDEO, REFERENCE_2_VIDEO. Server default: TEXT_2_VIDEO.
            image_urls (list of Media): FIRST_AND_LAST_FRAMES_2_VIDEO: 1-2 (start, end); REFERENCE_2_VIDEO: 1-3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            model (str): veo3 for quality, veo3_fast for speed. Server default: veo3_fast.
            aspect_ratio (str): Auto: the server decides. One of 16:9, 9:16, Auto. Server default: Auto.
            watermark (str): Optional watermark text.
            seeds (float): Optional; 10000 to 99999.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `VeoVideoRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.veo_video(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete`, `get_1080p` and `task`.
        """
        from a2e_async.api.veo_video import VeoVideo

        return VeoVideo(self)

    @cached_property
    def video_twin(self: Client) -> VideoTwin:
        """Video Twin: start video twin training.

        Trains from an image or a video source.

        At least one of image_url and video_url is needed.

        Args:
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            image_url (Media): A picture of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_url (Media): A video of the person. A URL, a Path, bytes, an `Upload` or a `Result`.
            video_background_image (str): The background of the avatar.
            video_background_color (str): RGBA.
            gender (str): The avatar's gender. One of female, male.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has what it made in `ids`, and the
            task as `VideoTwinRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.video_twin(image_url=Path("cat.png"))
            result = await job.run()
            ```

        More methods: `upload`, `training`, `upload_status`, `user_records`, `remove`, `list`,
        `continue_training`, `training_records`, `batch_detail`, `get`, `retry`, `eye_contact` and
        `task`.
        """
        from a2e_async.api.video_twin import VideoTwin

        return VideoTwin(self)

    @cached_property
    def virtual_try_on(self: Client) -> VirtualTryOn:
        """Virtual Try-On: start virtual try-on task.

        Args:
            image_urls (list of Media, required): Index 0 is the person, index 1 the clothing (two images described). Each a URL, a Path, bytes, an `Upload` or a `Result`. 2 to 4 items.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            timeout (float): Seconds. Server default: 120.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `VirtualTryOnRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.virtual_try_on(image_urls=[Path("cat.png"), Path("cat.png")])
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.virtual_try_on import VirtualTryOn

        return VirtualTryOn(self)

    @cached_property
    def voice(self: Client) -> Voice:
        """TTS and Voice Clone: start voice training.

        One training submission at a time per user; concurrent ones are refused. Coins depend on model;
        a failed creation is refunded. Body needs name and voice_urls.

        Args:
            voice_urls (list of Media, required): Recordings of the voice. Each a URL, a Path, bytes, an `Upload` or a `Result`. At least 1 item.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            gender (str): The gender of the voice. One of female, male. Server default: female.
            denoise (bool): Whether noise is removed from the recordings.
            enhance_voice_similarity (bool): Whether the voice is brought closer to the recordings.
            model (str): The model that is trained; the price depends on it. One of a2e, cartesia, minimax, elevenlabs. Server default: a2e.
            language (str): When left out, the server infers it from the request headers.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has what it made in `ids`, and the
            task as `VoiceRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.voice(voice_urls=[Path("speech.mp3")])
            result = await job.run()
            ```

        More methods: `training_record`, `completed_record`, `delete`, `get`, `update` and `task`.
        """
        from a2e_async.api.voice import Voice

        return Voice(self)

    @cached_property
    def wan25(self: Client) -> Wan25:
        """Wan Image to Video: start Wan video generation.

        Wan 2.5, 2.6 and 2.7. Modes other than first_frame need model=wan2.7-i2v. text_to_video takes no
        media; reference_image needs 1-5 ordered `reference_media` (or legacy `reference_image_urls`);
        see the URL fields for the rest.

        image_url is needed with model wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash or left out, or
        with model wan2.7-i2v and task_type first_frame, first_last_frame or left out. last_frame_url is
        needed with model wan2.7-i2v and task_type first_last_frame. first_clip_url is needed with model
        wan2.7-i2v and task_type video_extend. edit_video_url is needed with model wan2.7-i2v and
        task_type video_edit. reference_media or reference_image_urls is needed with model wan2.7-i2v
        and task_type reference_image. task_type can only be first_frame and duration can only be 5 or
        10 with model wan2.5-i2v-preview or left out. task_type can only be first_frame and duration can
        only be 5, 10 or 15 with model wan2.6-i2v or wan2.6-i2v-flash. duration can only be 5, 10 or 15
        with model wan2.7-i2v and task_type text_to_video, first_frame, first_last_frame, video_extend
        or left out. duration can only be 5, 6, 7, 8, 9 or 10 and reference_image_urls is at most 3 with
        model wan2.7-i2v and task_type video_edit.

        Args:
            prompt (str, required): What is wanted, in words.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            image_url (Media): Needed for task_type first_frame and first_last_frame. A URL, a Path, bytes, an `Upload` or a `Result`.
            negative_prompt (str): What is not wanted, in words.
            duration (str): Seconds; choices depend on model and task_type; reference video caps reference_image at 10. One of 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15. Server default: 5.
            resolution (str): How large the video is. One of 480p, 720p, 1080p. Server default: 720p.
            ratio (str): Used only by Wan 2.7 text_to_video and reference_image. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            enable_prompt_expansion (bool): An LLM rewrites the prompt. Server default: False.
            multi_shots (bool): Acts only if enable_prompt_expansion is true. Server default: False.
            model (str): wan2.6-i2v and wan2.7-i2v need a VIP/Max user; wan2.6-i2v-flash is for all. One of wan2.5-i2v-preview, wan2.6-i2v, wan2.6-i2v-flash, wan2.7-i2v. Server default: wan2.5-i2v-preview.
            task_type (str): Used only if model is wan2.7-i2v. One of text_to_video, first_frame, first_last_frame, reference_image, video_extend, video_edit. Server default: first_frame.
            last_frame_url (Media): Needed for first_last_frame, optional for video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            first_clip_url (Media): Needed for Wan 2.7 video_extend. A URL, a Path, bytes, an `Upload` or a `Result`.
            edit_video_url (Media): Needed for Wan 2.7 video_edit. A URL, a Path, bytes, an `Upload` or a `Result`.
            reference_image_urls (list of Media): Wan 2.7: legacy image-only reference_image input; video_edit takes at most 3. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            reference_media (list of mapping): Ordered; input videos are billed with the output duration, 5-second input cap. 1 to 5 items.
            seed (float): Server picks one at random if omitted. 0 to 2147483647.
            audio (bool): Whether the video gets generated audio. Server default: True.
            audio_url (Media): first-frame modes; WAV/MP3, 3-30 s, 15 MB at most; cut to video length. A URL, a Path, bytes, an `Upload` or a `Result`.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan25Record` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan25(prompt="a red kite over the sea", image_url=Path("cat.png"))
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.wan25 import Wan25

        return Wan25(self)

    @cached_property
    def wan26_image(self: Client) -> Wan26Image:
        """Wan2.6 Image: start a new Wan2.6-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt (str, required): What is wanted, in words. At most 2000 characters.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            input_images (list of Media): For editing; 0 to 4 images. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            negative_prompt (str): What is not wanted, in words. At most 500 characters.
            prompt_extend (bool): Lets the server rewrite the prompt. Server default: True.
            force_generate (bool): Generates despite detected NSFW.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan26ImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan26_image(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `get`, `batch_detail`, `delete` and `task`.
        """
        from a2e_async.api.wan26_image import Wan26Image

        return Wan26Image(self)

    @cached_property
    def wan26_r2v(self: Client) -> Wan26R2v:
        """Wan 2.6 R2V Flash: start reference-to-video generation.

        Makes a video from reference images or videos.

        Args:
            reference_urls (list of Media, required): Images or videos, at most 5. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            prompt (str, required): Name the inputs as character1, character2 ...
            model (str): flash: faster and cheaper; standard: higher quality, audio only. One of wan2.6-r2v-flash, wan2.6-r2v. Server default: wan2.6-r2v-flash.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            duration (str): Seconds. One of 5, 10. Server default: 5.
            resolution (str): Tier; with aspect_ratio sets the actual size. One of 720p, 1080p. Server default: 720p.
            aspect_ratio (str): Width to height. One of 16:9, 9:16, 1:1, 4:3, 3:4. Server default: 16:9.
            shot_type (str): One shot, or several. One of single, multi. Server default: single.
            audio (bool): Whether the video has sound. Server default: True.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan26R2vRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan26_r2v(reference_urls=[Path("cat.png")], prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.wan26_r2v import Wan26R2v

        return Wan26R2v(self)

    @cached_property
    def wan27_image(self: Client) -> Wan27Image:
        """Wan2.7 Image: start a new Wan2.7-Image generation task.

        webhook_url/webhook_token work for API-token callers only, best effort.

        Args:
            prompt (str, required): What is wanted, in words. At most 5000 characters.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            model (str): The model. One of wan2.7-image, wan2.7-image-pro. Server default: wan2.7-image.
            input_images (list of Media): For editing; 0 to 9 images, each at most 20 MB. Each a URL, a Path, bytes, an `Upload` or a `Result`.
            aspect_ratio (str): Width to height. One of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, 21:9. Server default: 1:1.
            bbox_list (list): Boxes for interactive editing.
            force_generate (bool): Generates despite detected NSFW.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `Wan27ImageRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan27_image(prompt="a red kite over the sea")
            result = await job.run()
            ```

        More methods: `list`, `get`, `batch_detail`, `delete` and `task`.
        """
        from a2e_async.api.wan27_image import Wan27Image

        return Wan27Image(self)

    @cached_property
    def wan30(self: Client) -> Wan30:
        """Wan Image to Video: start Wan3.0 all-in-one video generation.

        Reference videos: 3-15 s each, 15 s together, plus output at most 30 s. First/last frames
        exclude reference media; file excludes link; no negative_prompt. 720P 15 s: about 14 minutes,
        prime about 2.

        Args:
            model (str, required): prime: the same quality, faster, at a higher price per second. One of wan3.0-video, wan3.0-video-prime. Server default: wan3.0-video.
            input (mapping, required): Prompt and media of the video.
            parameters (mapping, required): Resolution, duration and other settings of the video.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            mode (str): From words alone, from a first frame, from a first and a last one, or after reference media. One of text-to-video, first-frame, first-last-frames, reference. Server default: text-to-video.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Only a webhook reports that the task is done.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan30(
                model="wan3.0-video",
                input={"prompt": "a red kite over the sea"},
                parameters={"resolution": "1080P"},
            )
            task = await job.start()
            ```

        More methods: `task`.
        """
        from a2e_async.api.wan30 import Wan30

        return Wan30(self)

    @cached_property
    def wan_spicy(self: Client) -> WanSpicy:
        """Wan Image to Video: start Wan Spicy image-to-video generation.

        Run through a third party (mulerouter.ai/carrothub). wan2.7: audio, 720p/1080p, 2-15 s; wan2.2:
        no audio, 480p/720p, 5 or 8 s.

        resolution can only be 720p or 1080p with model wan2.7-i2v-spicy or left out. resolution can
        only be 480p or 720p and duration can only be 5 or 8 with model wan2.2-i2v-spicy.

        Args:
            prompt (str, required): What is wanted, in words.
            image_url (Media, required): Https only. A URL, a Path, bytes, an `Upload` or a `Result`.
            resolution (str, required): wan2.7: 720p or 1080p; wan2.2: 480p or 720p.
            duration (float, required): Seconds; wan2.7: 2-15; wan2.2: 5 or 8.
            model (str): Only 2.7 has audio. One of wan2.7-i2v-spicy, wan2.2-i2v-spicy. Server default: wan2.7-i2v-spicy.
            name (str): The task's name, to find it again. Without one, the SDK names the task.
            negative_prompt (str): Only with wan2.7-i2v-spicy.
            audio_url (Media): Only with wan2.7-i2v-spicy; https, .wav or .mp3. A URL, a Path, bytes, an `Upload` or a `Result`.
            prompt_extend (bool): Whether the prompt is extended automatically. Server default: True.
            seed (int): Seed of the random generator.
            webhook_url (str): HTTPS; gets task.completed / task.failed; one attempt, no retry. At most 2048 characters.
            webhook_token (str): Sent back in header X-A2e-Webhook-Token so that the receiver can verify. At most 256 characters.
            options: See `CallOptions`.

        Returns:
            A Job. Nothing is sent until it is started. Its Result has its files in `urls`, and the task
            as `WanSpicyRecord` in `record`.

        Raises:
            InvalidArgument: a value is invalid; nothing was sent.

        Example:
            ```python
            job = a2e.wan_spicy(
                prompt="a red kite over the sea",
                image_url=Path("cat.png"),
                resolution="720p",
                duration=2,
            )
            result = await job.run()
            ```

        More methods: `list`, `batch_detail`, `get`, `delete` and `task`.
        """
        from a2e_async.api.wan_spicy import WanSpicy

        return WanSpicy(self)
