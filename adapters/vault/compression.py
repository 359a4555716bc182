"""LZ4 frames, where the library is installed; never more bytes out than asked for."""

from ports.cipher import CannotOpen

try:
    import lz4.frame as _lz4
except ImportError:  # shipped by no host; without it nothing is compressed
    _lz4 = None


def compressed(plain: bytes) -> bytes | None:
    """Return a frame with a checksum, None unless there is a library and the frame is smaller."""
    if _lz4 is None:
        return None
    frame: bytes = _lz4.compress(plain, content_checksum=True)
    return frame if len(frame) < len(plain) else None


def decompressed(frame: bytes, size: int) -> bytes:
    """Return the `size` bytes of a frame, taking memory for one more whatever it claims. Raises CannotOpen."""
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
