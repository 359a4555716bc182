"""Turn `Settings` into what is sent and stored of media."""

from domain.limits import MEBIBYTE
from domain.request.intake import Intake
from entrypoints.core.download_policy import download_limits_of, egress_rules_of
from entrypoints.settings import Settings
from entrypoints.settings_derived import once


@once
def intake_of(settings: Settings, *, is_task: bool = False) -> Intake:
    """Return the limits for media; a background task chooses no engine, because some cost extra."""
    reuses = settings.image_input_selection == "user_then_assistant"
    return Intake(
        pictures=settings.max_input_images_per_request,
        reused_answers=settings.image_reuse_max_turns if reuses else 0,
        inline=settings.base64_max_size_mb * MEBIBYTE,
        video=settings.video_max_size_mb * MEBIBYTE,
        piece=settings.image_upload_chunk_bytes,
        pdf_engine="" if is_task or settings.pdf_engine == "auto" else settings.pdf_engine,
        save_links=settings.save_remote_file_urls,
        save_data=settings.save_file_data_content,
        rules=egress_rules_of(settings),
        download=download_limits_of(settings),
    )
