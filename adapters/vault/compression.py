"""LZ4 frames, if the library is installed; never decompresses more bytes than expected."""

from ports.cipher import CannotOpen

try:
    import lz4.frame as _lz4
except ImportError:  # no host includes it; without it nothing is compressed
    _lz4 = None


def compressed(plain: bytes) -> bytes | None:
    """Return a frame with a checksum; None if the library is missing or the frame is not smaller."""
    if _lz4 is None:
        return None
    frame: bytes = _lz4.compress(plain, content_checksum=True)
    return frame if len(frame) < len(plain) else None


def decompressed(frame: bytes, size: int) -> bytes:
    """Return the `size` bytes of a frame, never allocating more than `size` + 1. Raises CannotOpen."""
    if _lz4 is None:
        raise CannotOpen("missing library")
    reader = _lz4.LZ4FrameDecompressor()
    try:
        plain: bytes = reader.decompress(frame, max_length=size + 1)
    except (RuntimeError, EOFError):
        raise CannotOpen("damaged") from None
    if not reader.eof or reader.unused_data:
        raise CannotOpen("damaged")
    return plain
