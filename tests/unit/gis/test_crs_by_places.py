import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.coordinates import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02
from gis.crs_by_places import SYSTEMS, crs_by_neighbours, crs_by_same_places
from gis.metres import metres_per_degree

CENTRES = st.sampled_from([(114.4, 23.1), (110.45, 19.2), (119.8, 31.0)])  # Huizhou, Qionghai, Changxing
SEEDS = st.integers(0, 2**32 - 1)
PAIRS = st.sampled_from(SYSTEMS), st.sampled_from(SYSTEMS)
GUESSES = [crs_by_same_places, crs_by_neighbours]


def city(rng: np.random.Generator, count: int, centre: tuple[float, float] = (114.4, 23.1)) -> np.ndarray:
    return centre + rng.uniform(-0.1, 0.1, (count, 2))


def moved(places: np.ndarray, metres: np.ndarray) -> np.ndarray:
    return places + metres / np.column_stack(metres_per_degree(places[:, 1]))


def misread(places: np.ndarray, really: str, claimed: str) -> np.ndarray:
    """WGS 84 places, written down in one system and read as another."""
    written = {"wgs84": lambda *xy: xy, "gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}[really](*places.T)
    return np.column_stack({"wgs84": lambda *xy: xy, "gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}[claimed](*written))


@given(*PAIRS, SEEDS, CENTRES, st.integers(20, 300))
def test_known_boxes_tell_every_system_from_every_other(really, claimed, seed, centre, count):
    rng = np.random.default_rng(seed)
    known = city(rng, count, centre)
    surveyed = moved(known, rng.normal(0, 20, (count, 2)))
    guess = crs_by_same_places(misread(surveyed, really, claimed), known, claimed)
    assert guess.best == really
    assert (guess.claimed_distance_m > 200) == (really != claimed)
    assert guess.best_distance_m < 60


@given(*PAIRS, SEEDS, CENTRES, st.integers(40, 300))
def test_neighbours_tell_every_system_from_every_other(really, claimed, seed, centre, count):
    """New boxes stand up to 150 m from the middle of their area."""
    rng = np.random.default_rng(seed)
    known = city(rng, count, centre)
    new = moved(known, rng.uniform(-150, 150, (count, 2)))
    assert crs_by_neighbours(misread(new, really, claimed), known, claimed).best == really


@given(SEEDS, CENTRES, st.integers(0, 300), st.floats(0, 3_000))
def test_a_sound_file_is_never_doubted(seed, centre, count, reach):
    """Wherever in their areas the new boxes stand, in towns or on far-flung farms, and however few there are."""
    rng = np.random.default_rng(seed)
    known = city(rng, count, centre)
    new = moved(known, rng.normal(0, reach, (count, 2)))
    assert crs_by_neighbours(new, known).best in (None, "wgs84")


@given(SEEDS, CENTRES, st.integers(0, 300), st.floats(0, 1), st.floats(100, 2_000))
def test_boxes_that_really_moved_raise_no_doubt(seed, centre, count, share, reach):
    """Some or all boxes of a town went elsewhere, each its own way."""
    rng = np.random.default_rng(seed)
    known = city(rng, count, centre)
    gone = rng.random((count, 1)) < share
    now = moved(known, np.where(gone, rng.uniform(-reach, reach, (count, 2)), 0))
    assert crs_by_same_places(now, known).best in (None, "wgs84")


@given(SEEDS, st.floats(0, 2 * np.pi), st.floats(0, 250))
def test_new_estates_on_one_side_of_every_area_raise_no_doubt(seed, direction, metres):
    rng = np.random.default_rng(seed)
    known = city(rng, 200)
    towards = np.array([np.cos(direction), np.sin(direction)]) * metres
    new = moved(known, towards + rng.normal(0, 80, (200, 2)))
    assert crs_by_neighbours(new, known).best in (None, "wgs84")


@pytest.mark.parametrize("guess_by", GUESSES)
def test_a_small_file_tells_nothing(guess_by):
    known = city(np.random.default_rng(1), 9)
    assert guess_by(misread(known, "gcj02", "wgs84"), known).best is None


@pytest.mark.parametrize("guess_by", GUESSES)
def test_places_that_are_not_known_are_left_out(guess_by):
    known = city(np.random.default_rng(1), 100)
    given_places = misread(known, "gcj02", "wgs84")
    known[::2], given_places[1::4] = np.nan, np.nan
    assert guess_by(given_places, known).best == "gcj02"


def test_many_boxes_at_one_place_are_one_witness():
    known = np.repeat(city(np.random.default_rng(1), 5), 100, axis=0)
    assert crs_by_same_places(misread(known, "gcj02", "wgs84"), known).best is None


def test_a_fifth_of_strays_hides_no_system():
    rng = np.random.default_rng(1)
    known = city(rng, 500)
    now = misread(known, "gcj02", "wgs84")
    now[:95] = city(rng, 95)
    assert crs_by_same_places(now, known).best == "gcj02"


@pytest.mark.parametrize("guess_by", GUESSES)
def test_a_system_that_is_none_of_the_three_is_refused(guess_by):
    with pytest.raises(ValueError, match="EPSG:4547"):
        guess_by(np.empty((0, 2)), np.empty((0, 2)), "EPSG:4547")
