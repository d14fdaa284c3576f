"""Pinyin initials of names, so that somebody can be found by typing cjg for 陈建国."""

import re
import unicodedata
from collections.abc import Iterable

SURNAMES = {
    "万俟": "mq", "尉迟": "yc", "单于": "cy", "澹台": "tt",
    "曾": "z", "单": "s", "仇": "q", "解": "x", "查": "z", "区": "o", "折": "s", "召": "s", "繁": "p", "种": "c",
    "翟": "z", "乐": "y", "覃": "q", "秘": "b", "隗": "w", "祭": "z", "句": "g", "佴": "n",
}  # fmt: skip
"""Surnames that begin otherwise than the same character in other words."""

_SURNAME = re.compile("^(?:" + "|".join(SURNAMES) + ")", re.MULTILINE)
_LATIN_WORD = re.compile(r"([A-Za-zÀ-ɏ])[a-zß-ɏ]+")
_NORDIC = {"ð": "d", "þ": "t", "ø": "o", "æ": "a", "ß": "s", "đ": "d", "ł": "l"}
_letters = {ord("\n"): "\n"}


def initials_of(names: Iterable[str]) -> list[str]:
    """The initials of each name, for the price of one pinyin look-up per distinct character.

    >>> initials_of(["陈建国", "曾志强", "Anna María", "惠州ABC公司"])
    ['cjg', 'zzq', 'am', 'hzabcgs']
    """
    lines = [name.replace("\n", " ") for name in names]
    if not lines:
        return []
    text = _LATIN_WORD.sub(r"\1", "\n".join(lines))
    text = _SURNAME.sub(lambda found: SURNAMES[found.group()], text)
    for code in {ord(character) for character in set(text)} - _letters.keys():
        _letters[code] = _letter(chr(code))
    return text.translate(_letters).split("\n")


def _letter(character: str) -> str:
    """The letter or digit that a character begins with; empty for marks and blanks."""
    from pypinyin import Style, lazy_pinyin  # its dictionaries take longer to load than the rest of the slice

    if pinyin := lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore"):
        return pinyin[0]
    small = character.lower()
    plain = _NORDIC.get(small) or unicodedata.normalize("NFKD", small)[0]
    return plain if plain.isascii() and plain.isalnum() else ""
