"""What the host's model rows should follow after a listing."""

from domain.catalog.rows import Switches
from domain.services.sync_models import Wish
from entrypoints.openwebui.model_list import Picked
from entrypoints.settings import Settings


def wish_of(function_id: str, picked: Picked, settings: Settings) -> Wish:
    """Say which models the rows of a function should follow, and in what."""
    switches = Switches(
        capabilities=settings.update_model_capabilities,
        descriptions=settings.update_model_descriptions,
        public=settings.new_model_access_control == "public",
    )
    return Wish(function_id, picked.offered, picked.catalog, switches)
