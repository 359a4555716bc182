"""Which addresses name a file of the host itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.file_addresses import file_address, file_id_of, origin_of

ID = "7f0a2b54-0f6e-4c19-9d55-0b8f3f1f2a11"
OWN = frozenset({"chat.example", "localhost:8080", "intranet.example/ui"})


@pytest.mark.parametrize(
    "address",
    [
        ID,
        f"/api/v1/files/{ID}",
        f"/api/v1/files/{ID}/content",
        f"https://chat.example/api/v1/files/{ID}/content",
        f"http://chat.example/api/v1/files/{ID}",
        f"HTTPS://Chat.Example:443/api/v1/files/{ID}/content",
        f"http://localhost:8080/api/v1/files/{ID}/content",
        f"https://intranet.example/ui/api/v1/files/{ID}/content",
    ],
)
def test_own_addresses_name_a_file(address: str):
    assert file_id_of(address, OWN) == ID


@pytest.mark.parametrize(
    "address",
    [
        "",
        "file-abc",
        ID[:-1],
        f"{ID}\n",
        f" {ID}",
        f"/api/v1/files/{ID}/content\n",
        f"/api/v1/files/{ID}/content/html",
        f"/api/v1/files/{ID}/data/content",
        f"/api/v1/files/{ID}/content?x=1",
        f"/api/v1/files/{ID}/../{ID}",
        f"//chat.example/api/v1/files/{ID}/content",
        f"\\\\chat.example/api/v1/files/{ID}",
        f"api/v1/files/{ID}",
        f"/files/{ID}/content",
        f"/api/v1/images/{ID}/content",
        f"https://evil.example/api/v1/files/{ID}/content",
        f"https://chat.example.evil.example/api/v1/files/{ID}/content",
        f"https://evil.example/?https://chat.example/api/v1/files/{ID}/content",
        f"https://evil.example/chat.example/api/v1/files/{ID}/content",
        f"https://chat.example@evil.example/api/v1/files/{ID}/content",
        f"https://user:pass@chat.example/api/v1/files/{ID}/content",
        f"https://chat.example:8443/api/v1/files/{ID}/content",
        f"https://chat.example:80/api/v1/files/{ID}/content",
        f"https://chat.example\\@evil.example/api/v1/files/{ID}",
        f"http://localhost/api/v1/files/{ID}/content",
        f"https://intranet.example/api/v1/files/{ID}/content",
        f"https://chat.example//api/v1/files/{ID}/content",
        f"ftp://chat.example/api/v1/files/{ID}/content",
        f"javascript:/api/v1/files/{ID}/content",
        f"data:text/plain,/api/v1/files/{ID}",
        f"https://chat.example/api/v1/files/{ID}/content" + "/" * 3000,
    ],
)
def test_every_other_address_names_none(address: str):
    assert file_id_of(address, OWN) == ""


def test_without_an_origin_no_absolute_address_is_own():
    assert file_id_of(f"https://chat.example/api/v1/files/{ID}", frozenset()) == ""
    assert file_id_of(f"https://chat.example/api/v1/files/{ID}", frozenset({""})) == ""


@given(st.uuids())
def test_the_address_of_a_file_names_it(file_id):
    assert file_id_of(file_address(str(file_id)), frozenset()) == str(file_id)


@given(st.text(max_size=80))
def test_addresses_of_other_sites_name_none(text):
    assert file_id_of(f"https://evil.example/{text}/api/v1/files/{ID}/content", OWN) == ""


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Chat.Example/", "chat.example"),
        ("http://chat.example:80", "chat.example"),
        ("http://chat.example:443", "chat.example:443"),
        ("http://[::1]:8080/ui/", "[::1]:8080/ui"),
        ("chat.example", ""),
        ("", ""),
        ("https://", ""),
        ("https://a b/", ""),
    ],
)
def test_an_origin_is_host_port_and_path(url: str, origin: str):
    assert origin_of(url) == origin
