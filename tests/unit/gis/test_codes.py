from itertools import combinations

import pytest

from gis.codes import AVOIDED, new_codes


def differing_letters(one, other):
    return sum(a != b for a, b in zip(one, other, strict=True))


def test_any_two_short_codes_differ_in_two_letters():
    codes = new_codes("HC01", [], 200)
    assert {len(code) for code in codes} == {len("HC01-BADO")}
    assert min(differing_letters(one, other) for one, other in combinations(codes, 2)) >= 2


def test_codes_are_consonants_and_vowels_in_turn():
    for code in new_codes("HC01", [], 1_000):
        word = code.removeprefix("HC01-")
        assert not set(word[::2]) & set("AEIOU")
        assert set(word[1::2]) <= set("AEIOU")


def test_longer_codes_follow_when_the_short_ones_are_used_up():
    codes = new_codes("HC01", [], 3_000)
    assert len(set(codes)) == 3_000
    assert {len(code) for code in codes} == {9, 11}


def test_a_taken_code_is_never_given_again():
    first = new_codes("HC01", [], 50)
    assert not set(first) & set(new_codes("HC01", [code.lower() for code in first], 50))


def test_other_stations_codes_do_not_matter():
    assert new_codes("HC01", new_codes("HC02", [], 50), 50) == new_codes("HC01", [], 50)


def test_no_code_sounds_like_an_insult():
    assert not any(avoided in code[5:] for code in new_codes("HC01", [], 3_000) for avoided in AVOIDED)


def test_running_out_of_codes_is_an_error():
    with pytest.raises(ValueError, match="codes left"):
        new_codes("HC01", [], 100_000)
