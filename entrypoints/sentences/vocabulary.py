"""How an entrypoint names what its readers work with: its settings, itself, and how it is started anew."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`setting` names a setting in a sentence, its name standing for `{}`; a name is `prefix` and the upper-case key.

    `enter_key` says where an administrator enters the API key, `program` names the program in a sentence, `reload`
    says how to start it anew.
    """

    setting: str = "the setting {}"
    prefix: str = ""
    enter_key: str = "An administrator can set OPENROUTER_API_KEY."
    program: str = "the server"
    reload: str = "restart the server"

    def name(self, key: str) -> str:
        """Return the bare name of the setting `key`, an attribute of `Settings`."""
        return self.prefix + key.upper()

    def named(self, key: str) -> str:
        """Return how a sentence refers to the setting `key`."""
        return self.setting.format(self.name(key))


NEUTRAL = Vocabulary()
"""For entrypoints that have no words of their own."""
