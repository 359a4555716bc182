"""Present an answer in a channel of the host, which shows text alone.

Source: the host's emitter of channels, 0.12.4: files and sources beside the text are dropped.
"""

from collections.abc import Sequence

from domain.turn.steps import Ended, Output, ShowCallResult, ShowImage, ShowText
from entrypoints.openwebui.present.frames import Frame, Presenter


class ChannelPresenter:
    """Puts the pictures that tools returned into the text, before what the model says next; `page` renders the rest."""

    def __init__(self, page: Presenter) -> None:
        self._page = page
        self._held: list[ShowImage] = []

    @property
    def repeated(self) -> int:
        """Characters the host sends again with every piece."""
        return self._page.repeated

    def present(self, output: Output) -> Sequence[Frame]:
        """Render one output. Pictures wait for the text: nothing may stand between the results of one round."""
        if isinstance(output, ShowCallResult):
            self._held += (ShowImage(output.segment, url) for url in output.result.images)
        if not self._held or not isinstance(output, ShowText | ShowImage | Ended):
            return self._page.present(output)
        held, self._held = self._held, []
        return [frame for one in (*held, output) for frame in self._page.present(one)]
