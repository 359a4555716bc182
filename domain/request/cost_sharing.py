"""Which figures of a turn other programs may read for a while."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CostSharing:
    """`seconds`: how long each attempt's figures can be read, 0 if they are not shared.

    `prefix` stands before the names of models where people choose them. `email` and `name` of the person are empty
    unless the operator wants them.
    """

    seconds: int = 0
    prefix: str = ""
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
