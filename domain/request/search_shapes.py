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


def without_conflicts(options: dict[str, object]) -> dict[str, object]:
    """Return options without the one of two lists of handles that upstream does not accept together."""
    posts = options.get("x_search")
    if not isinstance(posts, dict) or not {"allowed_x_handles", "excluded_x_handles"} <= posts.keys():
        return options
    return {**options, "x_search": {key: value for key, value in posts.items() if key != "excluded_x_handles"}}
