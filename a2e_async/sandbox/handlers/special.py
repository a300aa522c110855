"""The table of operations whose handler does not follow from their role."""

from __future__ import annotations

from a2e_async.sandbox.handlers import account, avatars, extra, files, voices
from a2e_async.sandbox.handlers.tasks import Handler
from a2e_async.sandbox.operations import SpecOperation

__all__ = ["SPECIAL", "UNDOCUMENTED"]

SPECIAL: dict[str, Handler] = {
    # Files
    "POST r2/upload-presigned-url": files.presign,
    "POST r2/get_upload_presigned_url": files.presign,
    "POST tos/transferToStorage": files.transfer,
    # Avatar videos
    "POST video/awsResult": avatars.read_avatar_video,
    "GET video/awsList": avatars.list_avatar_videos,
    "POST video/list": avatars.list_avatar_videos,
    "POST video/generatePublicAccessToken": avatars.make_public_token,
    # Avatars
    "POST anchor/list": avatars.list_avatars,
    "GET anchor/character_list": avatars.list_characters,
    "POST custom_avatar/add": avatars.add_avatar,
    "POST custom_avatar/list": avatars.list_custom_avatars,
    "POST custom_avatar/del": avatars.delete_avatar,
    "PUT custom_avatar/{_id}": avatars.update_avatar,
    "GET custom_avatar/all_tags": avatars.list_tags,
    "POST userText2Image/quickAddAvatar": avatars.quick_add_avatar,
    # Backgrounds
    "POST custom_back/add": avatars.add_background,
    "POST custom_back/list": avatars.list_custom_backgrounds,
    "POST custom_back/del": avatars.delete_background,
    "POST custom_back/allBackground": avatars.list_backgrounds,
    "POST custom_back/randomBackground": avatars.random_background,
    # Video twins
    "POST userVideoTwin/upload": avatars.add_twin_upload,
    "GET userVideoTwin/uploadStatus": avatars.read_upload_status,
    "POST userVideoTwin/training": avatars.train_twin,
    "POST userVideoTwin/continueTraining": avatars.continue_training,
    "POST userVideoTwin/eyeContact": avatars.continue_training,
    "GET userVideoTwin/userRecords": avatars.list_twins,
    "GET userVideoTwin/trainingRecords": avatars.list_twins,
    # Voices
    "POST anchor/tts_list": voices.list_presets,
    "POST anchor/language_list": voices.list_languages,
    "POST anchor/voice_list": voices.list_voices,
    "GET anchor/voice_list": voices.list_voices,
    "POST video/send_tts": voices.send_tts,
    "GET tts/preview/list": voices.list_previews,
    "DELETE tts/preview/{id}": voices.delete_preview,
    "GET userVoice/trainingRecord": voices.list_cloned_voices,
    "GET userVoice/completedRecord": voices.list_cloned_voices,
    # Faces
    "POST userFaceSwapImage/add": extra.add_face,
    "GET userFaceSwapImage/records": extra.list_faces,
    "DELETE userFaceSwapImage/{_id}": extra.remove_face,
    "GET userFaceSwapTask/status": extra.face_swap_status,
    # Account
    "GET user/remainingCoins": account.remaining_coins,
    "POST user/add": account.add_user,
    "POST generation/quote": account.quote,
    "GET transactionRecord/creditsHistory": account.credits_history,
    "POST token/generate": account.generate_token,
    "GET token/list": account.list_tokens,
    "POST token/delete": account.delete_token,
    "POST token/status": account.switch_token,
    # The rest
    "GET veoVideo/{_id}/1080p": extra.full_hd,
    "POST userImage2Video/prompt_extension": extra.extend_prompt,
    "POST userImage2Video/flf2v_prompt_extension": extra.extend_prompt,
    "GET userImage2Video/unlimitedQueueLevel": extra.queue_level,
    "POST talkingPhoto/callback": extra.accept,
}

_SEEN = (
    ("POST", "tos/transferToStorage"),
    ("POST", "video/awsResult"),
    ("GET", "video/awsList"),
)

UNDOCUMENTED = tuple(SpecOperation(method, f"/api/v1/{path}", {}, {}) for method, path in _SEEN)
"""Operations that public clients use although no document has them."""
