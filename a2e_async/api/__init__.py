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
        """Miscellaneous (`user`)."""
        from a2e_async.api.account import Account

        return Account(self)

    @cached_property
    def actor_swap(self: Client) -> ActorSwap:
        """Actor Swap (`actorSwap`)."""
        from a2e_async.api.actor_swap import ActorSwap

        return ActorSwap(self)

    @cached_property
    def anchor(self: Client) -> Anchor:
        """Generate Avatar Videos (`anchor`)."""
        from a2e_async.api.anchor import Anchor

        return Anchor(self)

    @cached_property
    def avatar_video(self: Client) -> AvatarVideo:
        """Generate Avatar Videos (`video`)."""
        from a2e_async.api.avatar_video import AvatarVideo

        return AvatarVideo(self)

    @cached_property
    def caption_removal(self: Client) -> CaptionRemoval:
        """Caption Removal (`userCaptionRemoval`)."""
        from a2e_async.api.caption_removal import CaptionRemoval

        return CaptionRemoval(self)

    @cached_property
    def custom_avatar(self: Client) -> CustomAvatar:
        """Create Avatars (`custom_avatar`)."""
        from a2e_async.api.custom_avatar import CustomAvatar

        return CustomAvatar(self)

    @cached_property
    def custom_background(self: Client) -> CustomBackground:
        """Background Matting (`custom_back`)."""
        from a2e_async.api.custom_background import CustomBackground

        return CustomBackground(self)

    @cached_property
    def dubbing(self: Client) -> Dubbing:
        """AI Dubbing (`userDubbing`)."""
        from a2e_async.api.dubbing import Dubbing

        return Dubbing(self)

    @cached_property
    def face_swap_image(self: Client) -> FaceSwapImage:
        """Face Swap (`userFaceSwapImage`)."""
        from a2e_async.api.face_swap_image import FaceSwapImage

        return FaceSwapImage(self)

    @cached_property
    def face_swap_preview(self: Client) -> FaceSwapPreview:
        """Face Swap (`userFaceSwapPreview`)."""
        from a2e_async.api.face_swap_preview import FaceSwapPreview

        return FaceSwapPreview(self)

    @cached_property
    def face_swap_task(self: Client) -> FaceSwapTask:
        """Face Swap (`userFaceSwapTask`)."""
        from a2e_async.api.face_swap_task import FaceSwapTask

        return FaceSwapTask(self)

    @cached_property
    def flux2(self: Client) -> Flux2:
        """Flux 2 (`userFlux2`)."""
        from a2e_async.api.flux2 import Flux2

        return Flux2(self)

    @cached_property
    def generation(self: Client) -> Generation:
        """Credits (`generation`)."""
        from a2e_async.api.generation import Generation

        return Generation(self)

    @cached_property
    def gpt_image(self: Client) -> GptImage:
        """GPT Image (`userGptImage`)."""
        from a2e_async.api.gpt_image import GptImage

        return GptImage(self)

    @cached_property
    def grok_video(self: Client) -> GrokVideo:
        """Grok Video (`grokVideo`)."""
        from a2e_async.api.grok_video import GrokVideo

        return GrokVideo(self)

    @cached_property
    def hailuo_video(self: Client) -> HailuoVideo:
        """Hailuo Video Generation (`hailuoVideo`)."""
        from a2e_async.api.hailuo_video import HailuoVideo

        return HailuoVideo(self)

    @cached_property
    def happyhorse_video(self: Client) -> HappyhorseVideo:
        """HappyHorse Video (`userHappyhorseVideo`)."""
        from a2e_async.api.happyhorse_video import HappyhorseVideo

        return HappyhorseVideo(self)

    @cached_property
    def head_swap(self: Client) -> HeadSwap:
        """Head Swap (`headSwap`)."""
        from a2e_async.api.head_swap import HeadSwap

        return HeadSwap(self)

    @cached_property
    def image_edit(self: Client) -> ImageEdit:
        """Image Edit (`userImageEdit`)."""
        from a2e_async.api.image_edit import ImageEdit

        return ImageEdit(self)

    @cached_property
    def image_to_video(self: Client) -> ImageToVideo:
        """Image to Video (`userImage2Video`)."""
        from a2e_async.api.image_to_video import ImageToVideo

        return ImageToVideo(self)

    @cached_property
    def kling_image(self: Client) -> KlingImage:
        """Kling Image (`userKlingImage`)."""
        from a2e_async.api.kling_image import KlingImage

        return KlingImage(self)

    @cached_property
    def kling_omni(self: Client) -> KlingOmni:
        """Kling Omni (`klingOmni`)."""
        from a2e_async.api.kling_omni import KlingOmni

        return KlingOmni(self)

    @cached_property
    def kling_video(self: Client) -> KlingVideo:
        """Kling Video (`klingVideo`)."""
        from a2e_async.api.kling_video import KlingVideo

        return KlingVideo(self)

    @cached_property
    def minimax_h3_video(self: Client) -> MinimaxH3Video:
        """MiniMax H3 Video Generation (`minimaxH3Video`)."""
        from a2e_async.api.minimax_h3_video import MinimaxH3Video

        return MinimaxH3Video(self)

    @cached_property
    def motion_transfer(self: Client) -> MotionTransfer:
        """Motion Transfer (`motionTransfer`)."""
        from a2e_async.api.motion_transfer import MotionTransfer

        return MotionTransfer(self)

    @cached_property
    def nano_banana(self: Client) -> NanoBanana:
        """Nano Banana (`userNanoBanana`)."""
        from a2e_async.api.nano_banana import NanoBanana

        return NanoBanana(self)

    @cached_property
    def photobook(self: Client) -> Photobook:
        """Photobook (`userPhotobook`)."""
        from a2e_async.api.photobook import Photobook

        return Photobook(self)

    @cached_property
    def product_avatar(self: Client) -> ProductAvatar:
        """Product Avatar (`productAvatar`)."""
        from a2e_async.api.product_avatar import ProductAvatar

        return ProductAvatar(self)

    @cached_property
    def qwen2_image(self: Client) -> Qwen2Image:
        """Qwen Image (`userQwen2Image`)."""
        from a2e_async.api.qwen2_image import Qwen2Image

        return Qwen2Image(self)

    @cached_property
    def seedance2_video(self: Client) -> Seedance2Video:
        """Seedance 2.x (`seedance2Video`)."""
        from a2e_async.api.seedance2_video import Seedance2Video

        return Seedance2Video(self)

    @cached_property
    def seedance_video(self: Client) -> SeedanceVideo:
        """Seedance 1.5 Pro (`seedanceVideo`)."""
        from a2e_async.api.seedance_video import SeedanceVideo

        return SeedanceVideo(self)

    @cached_property
    def sora_video(self: Client) -> SoraVideo:
        """Sora 2 Pro Video (`soraVideo`)."""
        from a2e_async.api.sora_video import SoraVideo

        return SoraVideo(self)

    @cached_property
    def storage(self: Client) -> Storage:
        """Miscellaneous (`r2`)."""
        from a2e_async.api.storage import Storage

        return Storage(self)

    @cached_property
    def talking_photo(self: Client) -> TalkingPhoto:
        """Talking Photo (`talkingPhoto`)."""
        from a2e_async.api.talking_photo import TalkingPhoto

        return TalkingPhoto(self)

    @cached_property
    def talking_video(self: Client) -> TalkingVideo:
        """Talking Video (`talkingVideo`)."""
        from a2e_async.api.talking_video import TalkingVideo

        return TalkingVideo(self)

    @cached_property
    def text_to_image(self: Client) -> TextToImage:
        """Text to Image (`userText2Image`)."""
        from a2e_async.api.text_to_image import TextToImage

        return TextToImage(self)

    @cached_property
    def think_sound(self: Client) -> ThinkSound:
        """ThinkSound (`thinkSound`)."""
        from a2e_async.api.think_sound import ThinkSound

        return ThinkSound(self)

    @cached_property
    def tokens(self: Client) -> Tokens:
        """Miscellaneous (`token`)."""
        from a2e_async.api.tokens import Tokens

        return Tokens(self)

    @cached_property
    def transactions(self: Client) -> Transactions:
        """Credits (`transactionRecord`)."""
        from a2e_async.api.transactions import Transactions

        return Transactions(self)

    @cached_property
    def tts(self: Client) -> Tts:
        """TTS and Voice Clone (`video`)."""
        from a2e_async.api.tts import Tts

        return Tts(self)

    @cached_property
    def upscale(self: Client) -> Upscale:
        """Upscale (`userUpscale`)."""
        from a2e_async.api.upscale import Upscale

        return Upscale(self)

    @cached_property
    def veo_video(self: Client) -> VeoVideo:
        """Veo Video (`veoVideo`)."""
        from a2e_async.api.veo_video import VeoVideo

        return VeoVideo(self)

    @cached_property
    def video_twin(self: Client) -> VideoTwin:
        """Video Twin (`userVideoTwin`)."""
        from a2e_async.api.video_twin import VideoTwin

        return VideoTwin(self)

    @cached_property
    def virtual_try_on(self: Client) -> VirtualTryOn:
        """Virtual Try-On (`virtualTryOn`)."""
        from a2e_async.api.virtual_try_on import VirtualTryOn

        return VirtualTryOn(self)

    @cached_property
    def voice(self: Client) -> Voice:
        """TTS and Voice Clone (`userVoice`)."""
        from a2e_async.api.voice import Voice

        return Voice(self)

    @cached_property
    def wan25(self: Client) -> Wan25:
        """Wan Image to Video (`userWan25`)."""
        from a2e_async.api.wan25 import Wan25

        return Wan25(self)

    @cached_property
    def wan26_image(self: Client) -> Wan26Image:
        """Wan2.6 Image (`userWan26Image`)."""
        from a2e_async.api.wan26_image import Wan26Image

        return Wan26Image(self)

    @cached_property
    def wan26_r2v(self: Client) -> Wan26R2v:
        """Wan 2.6 R2V Flash (`userWan26R2V`)."""
        from a2e_async.api.wan26_r2v import Wan26R2v

        return Wan26R2v(self)

    @cached_property
    def wan27_image(self: Client) -> Wan27Image:
        """Wan2.7 Image (`userWan27Image`)."""
        from a2e_async.api.wan27_image import Wan27Image

        return Wan27Image(self)

    @cached_property
    def wan30(self: Client) -> Wan30:
        """Wan Image to Video (`userWan30`)."""
        from a2e_async.api.wan30 import Wan30

        return Wan30(self)

    @cached_property
    def wan_spicy(self: Client) -> WanSpicy:
        """Wan Image to Video (`userWanSpicy`)."""
        from a2e_async.api.wan_spicy import WanSpicy

        return WanSpicy(self)
