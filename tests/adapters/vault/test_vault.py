"""Flags, keys and limits of sealed bytes."""

import os
import tracemalloc
from contextlib import suppress
from dataclasses import replace

import lz4.frame
import pytest

from adapters.vault import compression
from adapters.vault.vault import COMPRESSED, ENCRYPTED, LARGEST, KeyRing, VaultOptions, make_vault
from ports.cipher import CannotOpen, Sealed

FILE_KEY, OTHER_KEY = bytes(range(32)), bytes(range(32, 64))
TEXT = b"the same words again and again; " * 40
PLAIN = make_vault(KeyRing(), VaultOptions())
FILE = make_vault(KeyRing(file_key=FILE_KEY), VaultOptions())


def flags(sealed: Sealed) -> int:
    return sealed.payload[0]


def reason(vault, sealed: Sealed) -> str:
    with pytest.raises(CannotOpen) as refused:
        vault.open(sealed)
    return refused.value.reason


def test_compression_works_without_a_key():
    sealed = PLAIN.seal(TEXT, secret=True)

    assert (flags(sealed), sealed.key_id) == (COMPRESSED, "")
    assert len(sealed.payload) < len(TEXT) // 4


def test_bytes_that_do_not_shrink_are_not_compressed():
    noise = os.urandom(500)

    assert PLAIN.seal(noise, secret=True).payload == b"\0" + noise


@pytest.mark.parametrize(("size", "expected"), [(999, 0), (1000, COMPRESSED)])
def test_compression_begins_at_the_size_that_is_set(size, expected):
    vault = make_vault(KeyRing(), VaultOptions(min_bytes=1000))

    assert flags(vault.seal(b"a" * size, secret=False)) == expected


def test_nothing_is_compressed_when_that_is_switched_off():
    assert flags(make_vault(KeyRing(), VaultOptions(compress=False)).seal(TEXT, secret=True)) == 0


def test_without_the_library_sealing_works_and_old_frames_are_reported(monkeypatch):
    sealed = FILE.seal(TEXT, secret=True)
    monkeypatch.setattr(compression, "_lz4", None)

    assert flags(FILE.seal(TEXT, secret=True)) == ENCRYPTED
    assert reason(FILE, sealed) == "missing library"


def test_only_secrets_are_encrypted_when_not_everything_is_to_be():
    vault = make_vault(KeyRing(file_key=FILE_KEY), VaultOptions(encrypt_all=False))

    assert flags(vault.seal(b"word", secret=False)) == 0
    assert flags(vault.seal(b"word", secret=True)) == ENCRYPTED


def test_a_new_passphrase_seals_while_all_earlier_keys_open():
    old = make_vault(KeyRing(newest="an earlier passphrase"), VaultOptions())
    ring = KeyRing(newest="a newer passphrase", older=("an earlier passphrase",), file_key=FILE_KEY)
    new = make_vault(ring, VaultOptions())

    assert new.key_id not in {old.key_id, FILE.key_id, ""}
    assert [new.open(one.seal(TEXT, secret=True)) for one in (old, FILE, new)] == [TEXT] * 3


def test_an_earlier_passphrase_alone_never_seals():
    assert make_vault(KeyRing(older=("an earlier passphrase",)), VaultOptions()).key_id == ""


def test_a_missing_key_is_reported():
    other = make_vault(KeyRing(file_key=OTHER_KEY), VaultOptions())

    assert reason(other, FILE.seal(TEXT, secret=True)) == "unknown key"
    assert reason(PLAIN, FILE.seal(TEXT, secret=True)) == "unknown key"


def test_a_key_under_another_keys_id_opens_nothing():
    other = make_vault(KeyRing(file_key=OTHER_KEY), VaultOptions())

    assert reason(other, replace(FILE.seal(TEXT, secret=True), key_id=other.key_id)) == "wrong key or damaged"


@pytest.mark.parametrize("flag", [4, 8, 128, 255])
def test_unknown_flags_are_reported(flag):
    sealed = FILE.seal(TEXT, secret=True)

    assert reason(FILE, replace(sealed, payload=bytes((flags(sealed) | flag,)) + sealed.payload[1:])) == "unknown flags"


@pytest.mark.parametrize("vault", [PLAIN, FILE])
def test_a_changed_bit_never_changes_what_was_compressed_or_encrypted(vault):
    sealed = vault.seal(TEXT, secret=True)
    for place in range(len(sealed.payload)):
        damaged = bytearray(sealed.payload)
        damaged[place] ^= 1
        with suppress(CannotOpen):
            assert vault.open(replace(sealed, payload=bytes(damaged))) == TEXT


@pytest.mark.parametrize("vault", [PLAIN, FILE])
def test_truncated_bytes_are_refused(vault):
    sealed = vault.seal(TEXT, secret=True)

    for end in range(len(sealed.payload)):
        assert reason(vault, replace(sealed, payload=sealed.payload[:end]))


def test_a_frame_takes_no_more_memory_than_the_size_it_declares():
    bomb = Sealed(bytes((COMPRESSED,)) + lz4.frame.compress(bytes(LARGEST)), "", 1, 10)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        assert reason(PLAIN, bomb) == "damaged"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < LARGEST / 16


def test_a_frame_that_grows_beyond_its_size_is_cut_off():
    bomb = bytes((COMPRESSED,)) + lz4.frame.compress(bytes(LARGEST + 1))

    assert reason(PLAIN, Sealed(bomb, "", 1, 1000)) == "damaged"
    assert reason(PLAIN, Sealed(bomb, "", 1, LARGEST + 1)) == "too large"


def test_neither_vault_nor_ring_shows_a_key():
    ring = KeyRing(newest="correct horse battery", older=("former horse",), file_key=FILE_KEY)
    vault = make_vault(ring, VaultOptions())

    shown = repr(ring) + repr(vault) + repr(vars(vault))
    assert "horse" not in shown
    assert repr(FILE_KEY) not in shown
