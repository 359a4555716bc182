"""Keys from passphrases: the same everywhere, derived once, with ids that reveal nothing."""

import subprocess
import sys

import pytest

from adapters.vault import keys
from adapters.vault.keys import decoded, encoded, key_of_bytes, key_of_passphrase
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY

PASSPHRASE = "correct horse battery"


def test_another_process_derives_the_same_key():
    script = f"from adapters.vault.keys import key_of_passphrase; print(key_of_passphrase({PASSPHRASE!r}).id)"
    other = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert other.stdout.strip() == key_of_passphrase(PASSPHRASE).id


def test_a_passphrase_is_derived_once_per_process(monkeypatch):
    first = key_of_passphrase(PASSPHRASE)
    monkeypatch.setattr(keys, "Scrypt", None)

    assert key_of_passphrase(PASSPHRASE) == first


def test_cached_keys_are_limited_and_contain_no_passphrase(monkeypatch):
    monkeypatch.setattr(keys, "_MOST_KEPT", 1)
    key_of_passphrase("one passphrase")
    key_of_passphrase("another passphrase")

    assert len(keys._derived) == 1
    assert b"passphrase" not in repr(keys._derived).encode()


def test_different_passphrases_and_odd_characters_give_different_ids():
    made = [key_of_passphrase(text).id for text in (PASSPHRASE, PASSPHRASE + " ", "schön", "half \ud800 pair")]

    assert len(set(made)) == len(made)
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in made)


def test_an_id_contains_no_part_of_the_key():
    raw = bytes(range(32))

    assert key_of_bytes(raw).id not in raw.hex()
    assert encoded(raw).decode() not in repr(key_of_bytes(raw))


@pytest.mark.parametrize("text", [b"", b"x", b"not base64 at all !!", encoded(bytes(31)), encoded(bytes(33))])
def test_anything_but_a_key_written_as_text_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        decoded(text)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_refused(size):
    with pytest.raises(ValueError, match="32 bytes"):
        key_of_bytes(bytes(size))
