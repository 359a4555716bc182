"""What is sent of the media in messages, and what of them is stored in the host."""

from dataclasses import dataclass, field

from domain.egress.downloads import DownloadLimits
from domain.egress.targets import EgressRules
from domain.limits import ANSWERS_REUSED, INLINE_MB, MEBIBYTE, PICTURES_SENT, PIECE_BYTES, VIDEO_MB


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of the host that a person attached beside the messages; nothing of it is proved. `newest`: just now."""

    file_id: str
    name: str = ""
    mime: str = ""
    newest: bool = True


@dataclass(frozen=True, slots=True)
class Intake:
    """The operator's limits. Sizes in bytes.

    `pictures`: of the whole chat, at most. `reused_answers`: answers back from which a model's pictures are sent again.
    `inline`, `video`: the largest medium inside a request, and the largest video. `piece`: encoded at a time.
    `pdf_engine`: empty for upstream's choice. `save_links`: links are downloaded and stored, rather than passed on.
    `save_data`: files that a request contains are stored. `rules` and `download` are those of downloads.
    """

    pictures: int = PICTURES_SENT
    reused_answers: int = ANSWERS_REUSED
    inline: int = INLINE_MB * MEBIBYTE
    video: int = VIDEO_MB * MEBIBYTE
    piece: int = PIECE_BYTES
    pdf_engine: str = ""
    save_links: bool = True
    save_data: bool = True
    rules: EgressRules = field(default_factory=EgressRules)
    download: DownloadLimits = field(default_factory=DownloadLimits)
