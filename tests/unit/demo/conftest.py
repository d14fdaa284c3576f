from dataclasses import replace

import pytest

from app.demo import dirt
from app.demo.city import City, build


@pytest.fixture(scope="session")
def city() -> City:
    """Three thousand households, before anything goes wrong with their positions."""
    return build(3_000, seed=7)


@pytest.fixture(scope="session")
def spoilt_city(city: City) -> City:
    spoilt = replace(city, boxes=city.boxes.copy())
    dirt.spoil_positions(spoilt)
    return spoilt
