from hypothesis import given
from hypothesis import strategies as st

from app.customers.pairs import fold, fold_all

TEXTS = st.lists(st.text(st.characters(exclude_characters="\0")))


@given(TEXTS)
def test_many_texts_are_folded_as_each_of_them(texts: list[str]) -> None:
    assert fold_all(texts) == [fold(text) for text in texts]
