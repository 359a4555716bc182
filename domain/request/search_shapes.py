"""What a search of the web accepts, whether it is asked for as a server tool or as a plugin.

Source: the official SDK's web search configuration and web plugin, 1.3.84.
"""

from domain.request.shapes import Shape, day, flag, one_of, text, texts

PROVIDERS = ("native", "exa", "firecrawl", "parallel", "perplexity")
MODES = ("instant", "fast", "auto", "deep-lite", "deep", "deep-reasoning", "turbo", "basic", "advanced")
LOCATION: Shape = {
    "type": one_of("approximate"),
    "city": text,
    "country": text,
    "region": text,
    "timezone": text,
}
POSTS: Shape = {
    "allowed_x_handles": texts,
    "excluded_x_handles": texts,
    "enable_image_understanding": flag,
    "enable_video_understanding": flag,
    "from_date": day,
    "to_date": day,
}
"""The options `x_search`."""


def sound_search(options: dict[str, object]) -> dict[str, object]:
    """Return the options of a search: a place has its one type, and of two lists of handles only the first counts."""
    sound = dict(options)
    place, posts = sound.get("user_location"), sound.get("x_search")
    if isinstance(place, dict):
        sound["user_location"] = {"type": "approximate", **place}
    if isinstance(posts, dict) and {"allowed_x_handles", "excluded_x_handles"} <= posts.keys():
        sound["x_search"] = {key: value for key, value in posts.items() if key != "excluded_x_handles"}
    return sound
