"""Settings of pictures, documents, sound and video, and of what may be downloaded; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass
from typing import Literal

from domain.limits import (
    ANSWERS_REUSED,
    DOWNLOAD_MB,
    DOWNLOAD_RETRIES,
    DOWNLOAD_SECONDS,
    DOWNLOAD_WAIT,
    INLINE_MB,
    MEBIBYTE,
    PICTURES_SENT,
    PIECE_BYTES,
    VIDEO_MB,
)
from entrypoints.settings_requests import RequestSettings
from entrypoints.settings_rows import setting

PictureSelection = Literal["user_then_assistant", "user_turn_only"]
PdfEngine = Literal["auto", "native", "pdf-text", "mistral-ocr", "cloudflare-ai"]
StorageRole = Literal["pending", "user", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings(RequestSettings):
    """The rows of `settings.Settings` about files."""

    # What is sent
    direct_uploads: bool = setting(
        False,
        "Send attached documents, sound and video to models that read them, instead of the text that Open WebUI finds "
        "in them. Needs Open WebUI 0.8 or newer and UPDATE_MODEL_CAPABILITIES.",
    )
    max_input_images_per_request: int = setting(
        PICTURES_SENT,
        "Pictures of a chat that are sent with one message, at most; the newest first.",
        low=1,
        high=20,
        advanced=True,
    )
    image_input_selection: PictureSelection = setting(
        "user_then_assistant",
        "Whose pictures are sent. user_then_assistant: those of the person, and those that a model made in its newest "
        "answers; user_turn_only: those of the person only.",
        advanced=True,
    )
    image_reuse_max_turns: int = setting(
        ANSWERS_REUSED,
        "Number of answers that a picture made by a model stays available to it: a message up to that many answers "
        "later can ask to change it. 0: never.",
        low=0,
        high=20,
        advanced=True,
    )
    pdf_engine: PdfEngine = setting(
        "auto",
        "How OpenRouter reads PDF files that are sent to models, unless the request says it: native, pdf-text, "
        "mistral-ocr or cloudflare-ai. auto: OpenRouter's own choice. mistral-ocr costs extra.",
        advanced=True,
    )
    base64_max_size_mb: int = setting(
        INLINE_MB,
        "Largest picture, document or sound file that is sent to a model inside a request, in MiB.",
        low=1,
        high=500,
        advanced=True,
    )
    video_max_size_mb: int = setting(
        VIDEO_MB, "Largest video that is sent to a model inside a request, in MiB.", low=1, high=1000, advanced=True
    )
    image_upload_chunk_bytes: int = setting(
        PIECE_BYTES,
        "Bytes of a file that are read and encoded at a time.",
        low=64 * 1024,
        high=8 * MEBIBYTE,
        advanced=True,
    )

    # What is stored in the host
    save_remote_file_urls: bool = setting(
        True,
        "Download linked pictures and files once and store them in Open WebUI, so that a chat survives dead links. If "
        "off, OpenRouter gets the links.",
        advanced=True,
    )
    save_file_data_content: bool = setting(
        True,
        "Store files that a request contains as data in Open WebUI. They belong to the person who sent them.",
        advanced=True,
    )
    fallback_storage_email: str = setting(
        "openrouter-pipe@system.local",
        "Email address of the account that owns files stored for requests without a person. It is created when it is "
        "first needed.",
        pattern=r"[^\s@]+@[^\s@]+",
        env="FALLBACK_STORAGE_EMAIL",
        advanced=True,
    )
    fallback_storage_name: str = setting(
        "OpenRouter Pipe Storage", "Name of that account.", env="FALLBACK_STORAGE_NAME", advanced=True
    )
    fallback_storage_role: StorageRole = setting(
        "pending",
        "Role of that account. pending: nobody can use it to sign in. Any other role is a risk.",
        env="FALLBACK_STORAGE_ROLE",
        advanced=True,
    )

    # Downloads
    enable_ssrf_protection: bool = setting(
        True,
        "Download only from public addresses. If off, the hosts in ALLOWED_PRIVATE_HOSTS may have private addresses. "
        "Addresses of cloud metadata services are never reached.",
    )
    allowed_private_hosts: str = setting(
        "",
        "Comma-separated hosts (name or name:port) with private addresses from which files may be downloaded when "
        "ENABLE_SSRF_PROTECTION is off. Exact names, no patterns.",
        advanced=True,
    )
    allow_insecure_http: bool = setting(
        False,
        "Also download over plain http, from the hosts in ALLOW_INSECURE_HTTP_HOSTS.",
        advanced=True,
    )
    allow_insecure_http_hosts: str = setting(
        "",
        "Comma-separated hosts (name or name:port) from which files may be downloaded over plain http when "
        "ALLOW_INSECURE_HTTP is on. Exact names, no patterns.",
        advanced=True,
    )
    allowed_download_ports: str = setting(
        "",
        "Comma-separated ports besides 443 (https) and 80 (http) from which files may be downloaded.",
        pattern=r"[\d,\s]*",
        advanced=True,
    )
    remote_file_max_size_mb: int = setting(
        DOWNLOAD_MB,
        "Largest file that is downloaded, in MiB. A lower limit of Open WebUI's own for uploads counts instead.",
        low=1,
        high=500,
        advanced=True,
    )
    remote_download_max_retries: int = setting(
        DOWNLOAD_RETRIES, "Repeated tries of one download after a failure that may pass.", low=0, high=10, advanced=True
    )
    remote_download_initial_retry_delay_seconds: int = setting(
        DOWNLOAD_WAIT,
        "Seconds before the first repeated try of a download; each further one waits twice as long.",
        low=1,
        high=60,
        advanced=True,
    )
    remote_download_max_retry_time_seconds: int = setting(
        DOWNLOAD_SECONDS, "Seconds that one download may take with all its tries.", low=5, high=300, advanced=True
    )
