"""The names an entrypoint uses in sentences: for its settings, for itself, and for restarting it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`setting` is the phrase for a setting, with `{}` for its name; the name is `prefix` plus the upper-case key.

    `enter_key` says where an administrator enters the API key, `program` names the program, `reload` says how to
    restart it, `go_on` how a person continues an answer that broke off.
    """

    setting: str = "the setting {}"
    prefix: str = ""
    enter_key: str = "An administrator can set OPENROUTER_API_KEY."
    program: str = "the server"
    reload: str = "restart the server"
    go_on: str = "send another message to continue"

    def name(self, key: str) -> str:
        """Return the bare name of the setting `key`, an attribute of `Settings`."""
        return self.prefix + key.upper()

    def named(self, key: str) -> str:
        """Return the phrase for the setting `key` in a sentence."""
        return self.setting.format(self.name(key))


NEUTRAL = Vocabulary()
"""The vocabulary of entrypoints without names of their own."""
