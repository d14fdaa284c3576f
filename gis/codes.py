"""Short codes of cells that can be said over the phone."""

from collections.abc import Collection
from functools import cache
from itertools import chain, product

CONSONANTS = "BDFGKLMSTW"
"""No N beside L, no H beside F, no P, Q, C, J, X, Z, R: southern Mandarin mixes them up."""
VOWELS = "AEIOU"
AVOIDED = (
    "SI",
    "BI",
    "TAMA",
    "KAKA",
    "FUK",
    "FAK",
    "FAG",
    "GAGO",
    "DIK",
    "TITI",
    "TETA",
    "KUKU",
    "SEKS",
    "KOK",
    "SUK",
    "BABA",
    "MAMA",
)
"""Death, insults, obscenities and parents, in Mandarin or English ears."""
STRIDE = 7919
"""A prime larger than any factor of the number of words, so that steps of it pass through all of them."""
SYLLABLES = (2, 3)


def new_codes(station_code: str, taken: Collection[str], count: int) -> list[str]:
    """Codes for new cells of a station, such as HC01-BADO.

    Words are consonant-vowel syllables, two of them and, when those are used up, three. The last consonant is a check
    letter, so two words of the same length differ in at least two letters: one letter misheard is never another cell.
    The order is fixed, so the same input gives the same codes.

    Parameters
    ----------
    station_code : what stands before the hyphen
    taken : codes, of whatever stations, that are in use or were; as long as a retired code is among them it stays
        retired
    count : how many

    Returns
    -------
    list of `count` different codes, none of them taken

    Raises
    ------
    ValueError
        More codes were asked for than there are (about 9,000 a station).

    Examples
    --------
    >>> new_codes("HC01", ["HC01-MOGU"], 2)
    ['HC01-GITO', 'HC01-BEGI']
    """
    used = {code.upper() for code in taken}
    codes: list[str] = []
    for word in chain.from_iterable(map(_words, SYLLABLES)):
        if len(codes) == count:
            break
        code = f"{station_code}-{word}"
        if code.upper() not in used:
            codes.append(code)
    if len(codes) < count:
        raise ValueError(f"station {station_code} has only {len(codes)} codes left, {count} were asked for")
    return codes


@cache
def _words(syllables: int) -> list[str]:
    letters = [CONSONANTS, VOWELS] * (syllables - 1) + [VOWELS]
    free = list(product(*letters))
    words = []
    for number in range(len(free)):
        *head, last_vowel = free[number * STRIDE % len(free)]
        word = "".join([*head, _check_consonant(head, last_vowel), last_vowel])
        if not any(avoided in word for avoided in AVOIDED):
            words.append(word)
    return words


def _check_consonant(head: list[str], last_vowel: str) -> str:
    """Change any one letter of a word and this one changes: their places in the alphabets are summed."""
    places = [CONSONANTS.find(letter) if letter in CONSONANTS else VOWELS.find(letter) for letter in head]
    return CONSONANTS[(sum(places) + VOWELS.find(last_vowel)) % len(CONSONANTS)]
