from pathlib import Path

from app.cards.glyphs import fonts, tidy


def test_texts_are_tidied() -> None:
    assert tidy(" 文昌​一路\t12号\n") == "文昌一路 12号"


def test_a_character_that_the_font_lacks_is_named(tmp_path: Path) -> None:
    packaged = fonts(tmp_path)
    assert packaged.lacking("𠮷野家") == ["U+20BB7"]
    assert packaged.lacking("惠州供电局 138-ABCé") == []
