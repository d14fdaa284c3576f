"""Doubled keys are found within and across blocks, like a dictionary would find them."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from app.imports.checks.keys import Seen
from app.imports.readers import Block
from app.imports.rows import Rows, as_array

Blocks = list[list[tuple[str, str]]]


def rows_of(block: list[tuple[str, str]], start: int) -> Rows:
    text = pd.DataFrame({"key": [key for key, _owner in block]}, dtype=object)
    text.index = pd.RangeIndex(start, start + len(block))
    return Rows(Block(text, np.zeros(len(block), dtype=bool), 1.0), {"key": "key"})


@given(st.lists(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xy")), max_size=5), max_size=12))
def test_like_a_dictionary(blocks: Blocks) -> None:
    seen, disputed, first, owner, number = Seen(), Seen(), {}, {}, 1
    for block in blocks:
        rows = rows_of(block, number)
        owners = as_array([owner for _key, owner in block])
        (doubled,) = seen.doubled(rows, "key", rows.text("key"))
        (dispute,) = disputed.disputed(rows, "key", rows.text("key"), owners)
        for position, (key, whose) in enumerate(block):
            assert doubled.mask[position] == (key in first)
            assert dispute.mask[position] == (owner.get(key, whose) != whose)
            if key in first:
                assert doubled.details_of(position)["first"] == first[key]
            first.setdefault(key, number + position)
            owner.setdefault(key, whose)
        number += len(block)
