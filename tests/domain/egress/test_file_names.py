"""Names of downloaded files: one visible line, no folders, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.egress.file_names import LONGEST_NAME, clean_name, file_name

URL = "https://files.example/folder/from%20url.pdf?x=/y.txt"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("", "from url.pdf"),
        ("attachment", "from url.pdf"),
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("attachment; filename=a.pdf; size=3", "a.pdf"),
        ("inline; filename=\"a.pdf\"; filename*=UTF-8''%e2%82%ac.pdf", "\u20ac.pdf"),
        ("inline; filename*=iso-8859-1'en'%A3.pdf", "\u00a3.pdf"),
        ("inline; filename*=utf-8''%ff.pdf", "\ufffd.pdf"),
        ('inline; filename="a\\"b.pdf"', "a_b.pdf"),
        ('inline; filename="..\\..\\etc/passwd"', "passwd"),
        ('inline; filename="/"', "from url.pdf"),
        ('inline; filename=".."', "from url.pdf"),
        ("inline; filename*=utf-8''..%2f..%2fx.sh", "x.sh"),
        ('inline; filename="a%20b.pdf"', "a b.pdf"),
        ('inline; filename="a\u202egnp.exe"', "a gnp.exe"),
        ("filename=x.pdf", "x.pdf"),
    ],
)
def test_the_name_that_the_server_states_counts_before_the_url(disposition, name):
    assert file_name(disposition, URL) == name


@pytest.mark.parametrize(
    ("url", "name"), [("https://a.example/", ""), ("https://a.example/x/", ""), ("https://a.example/%2e%2e", "")]
)
def test_a_path_without_a_last_part_has_no_name(url, name):
    assert file_name("", url) == name


def test_a_long_name_keeps_its_ending():
    assert clean_name("x" * 500 + ".jpeg") == "x" * (LONGEST_NAME - 5) + ".jpeg"
    assert clean_name("." + "x" * 500) == "x" * LONGEST_NAME


@given(st.text(), st.text(max_size=60))
def test_any_name_is_one_visible_bounded_line_without_folders(disposition, path):
    for name in (clean_name(disposition), file_name(f'inline; filename="{disposition}"', f"https://a.example/{path}")):
        assert len(name) <= LONGEST_NAME
        assert name.isprintable()
        assert not set(name) & set('/\\<>:"|?*')
        assert name.strip(" .") == name
