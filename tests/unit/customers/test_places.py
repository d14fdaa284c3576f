import pytest

from app.customers.places import place_of


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
