"""The models of `GET /images/models`: real ones, and `sim/images...`, which exist at `POST /images` alone.

Some of the real ones are models of chats too, as upstream lists them.
"""

from dataclasses import dataclass
from decimal import Decimal

from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenario_models import CREATED

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9", "auto")
PRICE = Decimal("0.04")
"""USD for each picture, whatever the model."""


def _enum(*values: str) -> Json:
    return {"type": "enum", "values": list(values)}


def _range(least: int, most: int) -> Json:
    return {"type": "range", "min": least, "max": most}


_SEED: Json = {"type": "boolean"}
_EVERYTHING: Json = {
    "aspect_ratio": _enum(*RATIOS),
    "resolution": _enum("1K", "2K", "4K"),
    "quality": _enum("auto", "low", "medium", "high"),
    "background": _enum("auto", "transparent", "opaque"),
    "output_format": _enum("png", "jpeg", "webp"),
    "output_compression": _range(0, 100),
    "n": _range(1, 4),
    "input_references": _range(0, 4),
    "seed": _SEED,
}


@dataclass(frozen=True, slots=True)
class ImageModel:
    """A model as listed. `way`: how its answers go wrong, empty if they do not."""

    entry: Json
    way: str = ""

    @property
    def slug(self) -> str:
        """Return the model id."""
        return str(self.entry["id"])

    @property
    def author(self) -> str:
        """Return the first part of the model id."""
        return self.slug.partition("/")[0]

    @property
    def streams(self) -> bool:
        """Return whether the model sends pictures while it draws them."""
        return bool(self.entry["supports_streaming"])

    @property
    def accepts(self) -> Json:
        """Return the supported parameters, with their descriptors."""
        parameters: Json = self.entry["supported_parameters"]
        return parameters


def _model(slug: str, name: str, accepts: Json, *, streams: bool = False, inputs: str = "text+image") -> Json:
    outputs = ["image", "text"] if slug.startswith("google/") else ["image"]
    return {
        "id": slug,
        "name": name,
        "description": f"{name} draws pictures.",
        "created": CREATED,
        "architecture": {"input_modalities": inputs.split("+"), "output_modalities": outputs},
        "supported_parameters": accepts,
        "supports_streaming": streams,
        "endpoints": f"/api/v1/images/models/{slug}/endpoints",
    }


_WAYS = ("", "empty", "error-502", "error-event", "cut")
"""How the answers of `sim/images-WAY` go wrong."""

IMAGE_MODELS = (
    ImageModel(
        _model(
            "openai/gpt-image-2",
            "OpenAI: GPT Image 2",
            {
                "quality": _enum("auto", "low", "medium", "high"),
                "background": _enum("auto", "opaque"),
                "size": _enum("1024x1024", "1024x1536", "1536x1024"),
                "n": _range(1, 10),
                "input_references": _range(0, 16),
            },
            streams=True,
        )
    ),
    ImageModel(
        _model(
            "black-forest-labs/flux.2-pro",
            "Black Forest Labs: FLUX.2 Pro",
            {
                "aspect_ratio": _enum(*RATIOS),
                "output_format": _enum("png", "jpeg"),
                "n": _range(1, 1),
                "input_references": _range(0, 8),
                "seed": _SEED,
            },
        )
    ),
    ImageModel(
        _model(
            "google/gemini-3.1-flash-lite-image",
            "Google: Gemini 3.1 Flash Lite Image",
            {"aspect_ratio": _enum(*RATIOS), "n": _range(1, 1), "input_references": _range(0, 14)},
        )
    ),
    ImageModel(_model("recraft/recraft-v4-vector", "Recraft: V4 Vector", {"output_format": _enum("svg")})),
    ImageModel(_model("sim/images-plain", "Simulator: Images plain", {"n": _range(1, 4)}, inputs="text")),
    *(
        ImageModel(
            _model(
                f"sim/images-{way}" if way else "sim/images",
                f"Simulator: Images {way}".strip(),
                _EVERYTHING,
                streams=True,
            ),
            way,
        )
        for way in _WAYS
    ),
)
_BY_SLUG = {model.slug: model for model in IMAGE_MODELS}


def image_page_row(model: ImageModel) -> Json:
    """Build the row of a model in the list that upstream's own pages read, as far as it is about icons."""
    icon = {"url": f"/images/icons/{model.author}.png"}
    provider = {"name": model.author, "slug": model.author, "icon": icon}
    endpoint = {"model_variant_slug": model.slug, "provider_name": model.author, "provider_info": provider}
    return {"slug": model.slug, "permaslug": model.slug, "name": model.entry["name"], "endpoint": endpoint}


def image_model(slug: str) -> ImageModel | None:
    """Return the model for a slug in a request, or None."""
    return _BY_SLUG.get(slug)
