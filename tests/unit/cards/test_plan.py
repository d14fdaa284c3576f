from pathlib import Path

import pytest

from app.cards.glyphs import fonts, tidy
from app.cards.plan import grouped, place_of


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
    ("address", "place"),
    [
        ("惠城区水门路12号3栋2单元501房", "惠城区水门路12号3栋"),
        ("惠城区水门路12号3栋501", "惠城区水门路12号3栋"),
        ("江北街道文昌一路8号十二楼", "江北街道文昌一路8号"),
        ("水口街道龙津村三组", "水口街道龙津村三组"),
        ("Laugavegur 12, Reykjavík", "Laugavegur 12, Reykjavík"),
    ],
)
def test_an_address_ends_at_the_building(address: str, place: str) -> None:
    assert place_of(address) == place


def test_a_long_address_is_cut() -> None:
    assert len(place_of("路" * 300)) == 64


def test_texts_are_tidied() -> None:
    assert tidy(" 文昌​一路\t12号\n") == "文昌一路 12号"


def test_a_character_that_the_font_lacks_is_named(tmp_path: Path) -> None:
    packaged = fonts(tmp_path)
    assert packaged.lacking("𠮷野家") == ["U+20BB7"]
    assert packaged.lacking("惠州供电局 138-ABCé") == []
