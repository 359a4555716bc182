"""Content parts as clients send them, valid and invalid."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.drawing.values import HUGE_DATA, PDF, PNG, WAV, junk, near, rarely, texts, weighted

Part = st.SearchStrategy[Any]

IMAGE_URLS = near(
    f"data:image/png;base64,{PNG}", f"data:image/jpeg;base64,{PNG}", f"data:image/jpg;base64,{PNG}",
    f"data:image/webp;base64,{PNG}", f"data:image/gif;base64,{PNG}", "https://example.com/photo.png",
    "https://example.com/a photo.png", "http://example.com/photo.png", "http://127.0.0.1:9000/x.png", "https://",
    "photo.png",
    f"data:image/heic;base64,{PNG}", "data:image/svg+xml;utf8,<svg/>", f"data:image/bmp;base64,{PNG}",
    f"data:;base64,{PNG}", "data:image/png;base64,", "data:image/png;base64,***", f"DATA:image/PNG;base64,{PNG}",
    f"data:image/png;name=a.png;base64,{PNG}", f"data:image/png;base64,{PNG[:40]}\n{PNG[40:]}",
    f"data:text/html;base64,{PNG}",
    "/api/v1/files/05ad/content", "05ad6f1c", "file:///etc/passwd", f"data:image/png;base64,{PNG}\ud800",
)  # fmt: skip
HUGE_IMAGE = f"data:image/png;base64,{HUGE_DATA}"
DETAILS = near("auto", "low", "high", "original", "ultra", "HIGH")
FILE_DATA = near(
    f"data:application/pdf;base64,{PDF}", PDF, f"data:text/plain;base64,{PDF}", "data:application/pdf;base64,",
    "https://example.com/report.pdf", "plain text, not encoded", f"data:;base64,{PDF}",
    f"data:application/pdf;base64,{PDF}=",
)  # fmt: skip
FILE_FIELDS = {
    "filename": near("report.pdf", "", "note.txt", "ünïcode\ud800.pdf", "a/../b.pdf", "x" * 400),
    "file_data": FILE_DATA,
    "file_url": near("https://example.com/report.pdf", "http://example.com/r.pdf", "/api/v1/files/2279/content", ""),
    "file_id": near("file-abc", "", "2279"),
    "mime_type": near("application/pdf"),
}
AUDIO = st.fixed_dictionaries(
    {},
    optional={
        "data": near(WAV, f"data:audio/wav;base64,{WAV}", "", "*not base64*", "https://example.com/a.mp3", WAV + "\n"),
        "format": near(
            "wav", "mp3", "webm", "m4a", "flac", "ogg", "aac", "aiff", "pcm16", "pcm24", "WAV", "audio/wav", ""
        ),
        "mime_type": near("audio/wav", "audio/webm"),
    },
)
VIDEO_URLS = near(
    "data:video/mp4;base64,AAAA", "data:video/webm;base64,AAAA", "data:video/x-matroska;base64,AAAA",
    "data:video/mp4;base64,",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "https://example.com/clip.mov", "http://example.com/clip.mp4",
    "clip.mp4",
)  # fmt: skip


def typed(kind: str, required: dict[str, Part], optional: dict[str, Part] | None = None) -> Part:
    """Build a strategy of objects with a `type`."""
    return st.fixed_dictionaries({"type": st.just(kind), **required}, optional=optional or {})


text_parts = rarely(
    typed("text", {"text": texts}),
    st.one_of(
        typed("text", {"text": junk}),
        typed("text", {}),
        typed(
            "text", {"text": texts}, {"cache_control": near({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "2h"})}
        ),
        typed("input_text", {"text": texts}),
        typed("output_text", {"text": texts}, {"annotations": junk}),
        typed("refusal", {"refusal": texts}),
    ),
)
image_urls = rarely(IMAGE_URLS, st.just(HUGE_IMAGE), one_in=40)
image_parts = st.one_of(
    typed("image_url", {"image_url": st.fixed_dictionaries({"url": image_urls}, optional={"detail": DETAILS})}),
    typed("image_url", {"image_url": image_urls}, {"detail": DETAILS}),
    typed("input_image", {"image_url": image_urls}, {"detail": DETAILS, "file_id": near("file-1")}),
    typed("image", {"source": near({"type": "base64", "media_type": "image/png", "data": PNG})}),
    typed("image_url", {}, {"image_url": junk}),
)
file_parts = st.one_of(
    typed("file", {"file": st.fixed_dictionaries({}, optional=FILE_FIELDS)}),
    typed("file", {}, FILE_FIELDS),
    typed("input_file", {}, FILE_FIELDS),
    typed("input_file", {"file": st.fixed_dictionaries({}, optional=FILE_FIELDS)}),
    typed("file", {"file": junk}),
)
audio_parts = st.one_of(
    typed("input_audio", {"input_audio": AUDIO}),
    typed("audio", {}, {"audio": AUDIO, "input_audio": AUDIO, "data": near(WAV), "format": near("wav")}),
    typed("audio_url", {"audio_url": near({"url": "https://example.com/a.mp3"})}),
    typed("input_audio", {"input_audio": junk}),
)
video_parts = st.one_of(
    typed(
        "video_url", {"video_url": st.fixed_dictionaries({"url": VIDEO_URLS}, optional={"processing": near("static")})}
    ),
    typed("video_url", {"video_url": VIDEO_URLS}),
    typed("video", {"video_url": VIDEO_URLS}, {"url": VIDEO_URLS}),
    typed("input_video", {"video_url": VIDEO_URLS}),
)
odd_parts = st.one_of(
    texts,
    junk,
    typed("thinking", {"thinking": texts}, {"signature": near("sig")}),
    typed("tool_result", {"tool_use_id": near("call_1"), "content": texts}),
    typed("hologram", {"hologram": junk}),
    st.fixed_dictionaries({"text": texts}),
    st.fixed_dictionaries({"type": junk, "text": texts}),
)
parts = weighted((6, text_parts), (4, image_parts), (2, file_parts), (2, audio_parts), (2, video_parts), (1, odd_parts))
contents = weighted((5, texts), (6, st.lists(parts, min_size=1, max_size=5)), (1, st.just([])), (1, junk))
