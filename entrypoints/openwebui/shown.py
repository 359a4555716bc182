"""What the settings of a call mean for the page of its person."""

from entrypoints.openwebui.host_call import Audience, HostCall
from entrypoints.openwebui.present.pace import Pacer
from entrypoints.sentences.usage_labels import WORDS, UsageLabels, icon_labels
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from entrypoints.settings_people import ThinkingOutput


def thinking_place(call: HostCall, settings: Settings) -> ThinkingOutput:
    """Return where the thinking is shown: in the box, unless a person is there to read status lines."""
    reads = call.emitter is not None and call.audience is Audience.PERSON
    return settings.thinking_output_mode if reads else "open_webui"


def pacer_of(call: HostCall, settings: Settings) -> Pacer:
    """Return what decides when a piece of the answer is sent."""
    if thinking_place(call, settings) == "open_webui":
        return Pacer()
    from entrypoints.openwebui.present.thinking_lines import ThinkingPacer

    return ThinkingPacer()


@once
def labels_of(settings: Settings) -> UsageLabels | None:
    """Return what precedes the numbers of the closing line; None if they are not shown."""
    if not settings.show_final_usage_status:
        return None
    return icon_labels(settings.usage_status_icon_set) if settings.final_usage_status_style == "icons" else WORDS
