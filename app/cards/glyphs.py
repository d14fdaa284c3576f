"""Which characters the fonts can print."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

from app.core.fonts import FAMILY, FONT_FILE

FONT_ENDINGS = (".otf", ".ttf")


@dataclass(frozen=True)
class Fonts:
    """The packaged Chinese font, then the utility's own for characters that it lacks."""

    files: tuple[Path, ...]
    families: tuple[str, ...]
    characters: frozenset[str]

    def lacking(self, text: str) -> list[str]:
        """The characters of a text that would come out as empty boxes, as U+20BB7."""
        return [f"U+{ord(character):04X}" for character in dict.fromkeys(text) if character not in self.characters]


def fonts(own: Path) -> Fonts:
    """The fonts that cards are set in; `own` is the utility's folder, which need not exist."""
    files = sorted(path for path in own.glob("*") if path.suffix.lower() in FONT_ENDINGS)
    return _fonts((FONT_FILE, *files), tuple(path.stat().st_mtime for path in files))


@lru_cache(maxsize=4)
def _fonts(files: tuple[Path, ...], _changed: tuple[float, ...]) -> Fonts:
    families, characters = [], set[str]()
    for path in files:
        with TTFont(path, lazy=True) as font:
            characters |= {chr(code) for code in font.getBestCmap()}
            families.append(FAMILY if path == FONT_FILE else str(font["name"].getBestFamilyName()))
    return Fonts(files, tuple(dict.fromkeys(families)), frozenset(characters))


def tidy(text: str | None) -> str:
    """One line of composed characters without control characters and doubled blanks.

    >>> tidy("  文昌一路   12号")
    '文昌一路 12号'
    """
    composed = unicodedata.normalize("NFC", text or "")
    kept = (" " if character.isspace() else character for character in composed)
    return " ".join("".join(c for c in kept if c == " " or unicodedata.category(c)[0] != "C").split())
