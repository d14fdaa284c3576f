from hypothesis import given
from hypothesis import strategies as st

from app.core.masking import mask_account, mask_address, mask_name, mask_phone


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_phone_keeps_its_ends(phone: str) -> None:
    assert mask_phone(phone) == f"{phone[:3]}****{phone[-4:]}"


@given(st.text(min_size=2, max_size=8))
def test_a_name_keeps_its_first_character(name: str) -> None:
    assert mask_name(name)[0] == name[0]
    assert set(mask_name(name)[1:]) == {"*"}


@given(st.text(alphabet="0123456789", min_size=5, max_size=16))
def test_an_account_keeps_its_last_four(number: str) -> None:
    assert mask_account(number) == "*" * (len(number) - 4) + number[-4:]


@given(st.text())
def test_an_address_keeps_no_number(address: str) -> None:
    assert not any(character.isdigit() and character.isascii() for character in mask_address(address))
