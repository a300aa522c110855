"""Which handler answers which operation, where the operation's role alone does not say."""

from __future__ import annotations

from a2e_async.sandbox.document import SpecOperation
from a2e_async.sandbox.handlers import account as api_account
from a2e_async.sandbox.handlers import avatars as api_avatars
from a2e_async.sandbox.handlers import extra as api_extra
from a2e_async.sandbox.handlers import files as api_files
from a2e_async.sandbox.handlers import voices as api_voices
from a2e_async.sandbox.handlers.tasks import Handler

__all__ = ["EXTRA", "SPECIAL"]

SPECIAL: dict[str, Handler] = {
    # Files
    "POST r2/upload-presigned-url": api_files.presign,
    "POST r2/get_upload_presigned_url": api_files.presign,
    "POST tos/transferToStorage": api_files.transfer,
    # Avatar videos
    "POST video/awsResult": api_avatars.aws_result,
    "GET video/awsList": api_avatars.aws_list,
    "POST video/list": api_avatars.aws_list,
    "POST video/generatePublicAccessToken": api_avatars.public_token,
    # Avatars
    "POST anchor/list": api_avatars.avatars,
    "GET anchor/character_list": api_avatars.characters,
    "POST custom_avatar/add": api_avatars.add_avatar,
    "POST custom_avatar/list": api_avatars.custom_avatars,
    "POST custom_avatar/del": api_avatars.delete_avatar,
    "PUT custom_avatar/{_id}": api_avatars.update_avatar,
    "GET custom_avatar/all_tags": api_avatars.all_tags,
    "POST userText2Image/quickAddAvatar": api_avatars.quick_add_avatar,
    # Backgrounds
    "POST custom_back/add": api_avatars.add_background,
    "POST custom_back/list": api_avatars.custom_backgrounds,
    "POST custom_back/del": api_avatars.delete_background,
    "POST custom_back/allBackground": api_avatars.all_backgrounds,
    "POST custom_back/randomBackground": api_avatars.random_background,
    # Video twins
    "POST userVideoTwin/upload": api_avatars.twin_upload,
    "GET userVideoTwin/uploadStatus": api_avatars.upload_status,
    "POST userVideoTwin/training": api_avatars.twin_training,
    "POST userVideoTwin/continueTraining": api_avatars.continue_training,
    "POST userVideoTwin/eyeContact": api_avatars.continue_training,
    "GET userVideoTwin/userRecords": api_avatars.twins,
    "GET userVideoTwin/trainingRecords": api_avatars.twins,
    # Voices
    "POST anchor/tts_list": api_voices.presets,
    "POST anchor/language_list": api_voices.languages,
    "POST anchor/voice_list": api_voices.voices,
    "GET anchor/voice_list": api_voices.voices,
    "POST video/send_tts": api_voices.send_tts,
    "GET tts/preview/list": api_voices.previews,
    "DELETE tts/preview/{id}": api_voices.delete_preview,
    "GET userVoice/trainingRecord": api_voices.voice_records,
    "GET userVoice/completedRecord": api_voices.voice_records,
    # Faces
    "POST userFaceSwapImage/add": api_extra.add_face,
    "GET userFaceSwapImage/records": api_extra.faces,
    "DELETE userFaceSwapImage/{_id}": api_extra.remove_face,
    "GET userFaceSwapTask/status": api_extra.face_swap_status,
    # Account
    "GET user/remainingCoins": api_account.remaining_coins,
    "POST user/add": api_account.add_user,
    "POST generation/quote": api_account.quote,
    "GET transactionRecord/creditsHistory": api_account.credits_history,
    "POST token/generate": api_account.generate_token,
    "GET token/list": api_account.tokens,
    "POST token/delete": api_account.delete_token,
    "POST token/status": api_account.switch_token,
    # The rest
    "GET veoVideo/{_id}/1080p": api_extra.full_hd,
    "POST userImage2Video/prompt_extension": api_extra.extend_prompt,
    "POST userImage2Video/flf2v_prompt_extension": api_extra.extend_prompt,
    "GET userImage2Video/unlimitedQueueLevel": api_extra.queue_level,
    "POST talkingPhoto/callback": api_extra.accepted,
}

_OUTSIDE = (
    ("POST", "tos/transferToStorage"),
    ("POST", "video/awsResult"),
    ("GET", "video/awsList"),
    ("GET", "anchor/character_list"),
    ("GET", "user/remainingCoins"),
)

EXTRA = tuple(SpecOperation(method, f"/api/v1/{path}", {}, {}) for method, path in _OUTSIDE)
"""Seen in use by public clients, but in no document."""
