"""The names an entrypoint uses in sentences, and the language in which it speaks."""

from dataclasses import dataclass, replace

from entrypoints.sentences.languages import Language, translated


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`setting` is the phrase for a setting, with `{}` for its name; the name is `prefix` plus the upper-case key.

    `enter_key` says where an administrator enters the API key, `program` names the program, `reload` says how to
    restart it, `go_on` how a person continues an answer that broke off. All phrases are English, and translated as
    sentences are; `language` is that of the person who reads. `own_key`: the key of the request is the person's own, so
    that they, not an administrator, can change what it may do.
    """

    setting: str = "the setting {}"
    prefix: str = ""
    enter_key: str = "An administrator can set OPENROUTER_API_KEY."
    program: str = "the server"
    reload: str = "restart the server"
    go_on: str = "send another message to continue"
    language: Language = Language.ENGLISH
    own_key: bool = False

    def paid_by_person(self, own_key: bool) -> "Vocabulary":
        """Return the same names for a request whose key is the person's own, or is not."""
        return self if own_key is self.own_key else replace(self, own_key=own_key)

    def spoken_in(self, language: Language) -> "Vocabulary":
        """Return the same names in another language."""
        return self if language is self.language else replace(self, language=language)

    def name(self, key: str) -> str:
        """Return the bare name of the setting `key`, an attribute of `Settings`."""
        return self.prefix + key.upper()

    def named(self, key: str) -> str:
        """Return the phrase for the setting `key` in a sentence."""
        return self.translated(self.setting).format(self.name(key))

    def translated(self, sentence: str) -> str:
        """Return an English sentence in the language of the reader, its `{names}` not yet replaced."""
        return translated(sentence, self.language)

    def say(self, sentence: str, **values: object) -> str:
        """Return an English sentence in the language of the reader, its `{names}` replaced by `values`."""
        return self.translated(sentence).format(**values)

    def count(self, number: int, one: str, many: str, **values: object) -> str:
        """Return `one` if `number` is 1, else `many`, with `{number}` and the `values` replaced.

        The languages there are have these two forms; one with more needs its own rule here.
        """
        return self.say(one if number == 1 else many, number=number, **values)

    def decimal(self, figure: str) -> str:
        """Return a figure with the decimal sign of the language; `figure` has a point."""
        return figure.replace(".", ",") if self.language is Language.GERMAN else figure

    def thousands(self, number: int) -> str:
        """Return a whole number in groups of three digits."""
        return f"{number:,}".replace(",", "." if self.language is Language.GERMAN else ",")


NEUTRAL = Vocabulary()
"""The vocabulary of entrypoints without names of their own."""
