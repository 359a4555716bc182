"""The contract of every Cipher."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.vault.vault import KeyRing, Vault, VaultOptions, make_vault
from ports.cipher import CannotOpen, Cipher, Sealed

CIPHERS: tuple[type[Cipher], ...] = (Vault,)
FILE_KEY = bytes(range(32))
MADE = {
    "a passphrase": make_vault(KeyRing(newest="correct horse battery"), VaultOptions()),
    "a key file": make_vault(KeyRing(file_key=FILE_KEY), VaultOptions()),
    "only secrets": make_vault(KeyRing(file_key=FILE_KEY), VaultOptions(encrypt_all=False)),
    "no compression": make_vault(KeyRing(file_key=FILE_KEY), VaultOptions(compress=False)),
    "clear text": make_vault(KeyRing(), VaultOptions()),
}
BYTES = st.one_of(
    st.binary(max_size=200),
    st.builds(bytes.__mul__, st.binary(min_size=1, max_size=20), st.integers(0, 2000)),
    st.text(st.characters(), max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


@pytest.fixture(params=list(MADE))
def cipher(request: pytest.FixtureRequest) -> Cipher:
    return MADE[request.param]


@pytest.mark.parametrize("name", list(MADE))
@settings(max_examples=60, deadline=None)
@given(plain=BYTES, secret=st.booleans())
def test_bytes_come_back_identical(name, plain, secret):
    cipher = MADE[name]

    sealed = cipher.seal(plain, secret=secret)

    assert cipher.open(sealed) == plain
    assert (sealed.size, sealed.key_id in {"", cipher.key_id}) == (len(plain), True)


def test_secret_bytes_are_encrypted_whenever_there_is_a_key(cipher):
    sealed = cipher.seal(b"thought of a model", secret=True)

    assert sealed.key_id == cipher.key_id
    assert (b"thought" in sealed.payload) is (cipher.key_id == "")


def test_a_seal_does_not_show_its_payload(cipher):
    assert "payload" not in repr(cipher.seal(b"thought of a model", secret=True))


@pytest.mark.parametrize("change", [{"payload": b""}, {"payload": b"\xff"}, {"codec": 2}, {"size": 1}])
def test_bytes_changed_in_storage_cannot_be_opened(cipher, change):
    sealed = cipher.seal(b"thought of a model" * 9, secret=True)

    with pytest.raises(CannotOpen):
        cipher.open(replace(sealed, **change))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(MADE)), st.binary(max_size=200), st.integers(0, 2**40), st.sampled_from(["", "k", "file"]))
def test_any_bytes_open_to_their_declared_size_or_are_refused(name, payload, size, key_id):
    cipher = MADE[name]
    try:
        opened = cipher.open(Sealed(payload, cipher.key_id if key_id == "file" else key_id, 1, size))
    except CannotOpen:
        return
    assert len(opened) == size
