"""Small media of every kind, complete as far as they are checked."""

from base64 import b64encode

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 17 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 20 + b"\xff\xd9"
GIF = b"GIF89a" + b"\0" * 20 + b";"
WEBP = b"RIFF\x14\0\0\0WEBPVP8 " + b"\0" * 12
HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 20
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
BMP = b"BM" + b"\x3a\0\0\0" + b"\0" * 50
TIFF = b"II*\0" + b"\0" * 50
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
PDF = b"%PDF-1.7\n" + b"\0" * 30
MP3 = b"\xff\xfb\x90\x64" + b"\0" * 60
TAGGED_MP3 = b"ID3\x04" + b"\0" * 60
WAV = b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 24
OGG = b"OggS" + b"\0" * 60
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 40
MOV = b"\0\0\0\x14ftypqt  " + b"\0" * 40
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + b"\0" * 20
MPEG = b"\0\0\1\xba" + b"\0" * 40
PICTURES = {"image/png": PNG, "image/jpeg": JPEG, "image/gif": GIF, "image/webp": WEBP}


def data_url(content: bytes, mime: str = "image/png") -> str:
    """Content as a data URL."""
    return f"data:{mime};base64,{b64encode(content).decode()}"


def picture(url: str) -> dict[str, object]:
    """A picture as chat completions have it."""
    return {"type": "image_url", "image_url": {"url": url}}


def text(said: str) -> dict[str, object]:
    """A text as chat completions have it."""
    return {"type": "text", "text": said}


def asked(*parts: object) -> dict[str, object]:
    """A message of a person."""
    return {"role": "user", "content": list(parts)}
