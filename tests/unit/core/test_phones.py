import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.phones import grouped, international, normalise


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13812345678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("0086-138-12345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("0752-2345678", "07522345678"),
        ("(0752) 2345678", "07522345678"),
        ("+86 752 2345678", "07522345678"),
        ("2345678", "07522345678"),
        ("400-810-0000", "4008100000"),
        ("95598", "95598"),
    ],
)
def test_one_phone_in_every_spelling(written: str, stored: str) -> None:
    assert normalise(written, "0752") == stored


@pytest.mark.parametrize("written", ["", "abc", "1381234567", "138123456789", "12345678901", "00000000", "无"])
def test_what_is_no_phone(written: str) -> None:
    assert normalise(written, "0752") is None


@given(st.text())
def test_any_text_is_a_phone_or_is_not(text: str) -> None:
    stored = normalise(text, "0752")
    assert stored is None or stored.isdigit()


@pytest.mark.parametrize(
    ("phone", "read_out"),
    [
        ("13800138000", "138 0013 8000"),
        ("07522345678", "0752 234 5678"),
        ("075522345678", "0755 2234 5678"),
        ("01022345678", "010 2234 5678"),
        ("4001234567", "400 123 4567"),
        ("95598", "95598"),
    ],
)
def test_phones_are_grouped_as_people_read_them_out(phone: str, read_out: str) -> None:
    assert grouped(phone) == read_out


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [("13800138000", "+86 138 0013 8000"), ("07522345678", "+86 752 234 5678"), ("4001234567", "400 123 4567")],
)
def test_phones_are_written_as_one_dials_them_from_abroad(phone: str, dialled: str) -> None:
    assert international(phone) == dialled
