import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.customers.initials import initials_of


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("陈建国", "cjg"),
        ("曾志强", "zzq"),
        ("单小明", "sxm"),
        ("单于明", "cym"),
        ("仇英", "qy"),
        ("小单", "xd"),
        ("惠州ABC公司3号", "hzabcgs3h"),
        ("Anna María Ægisdóttir", "ama"),
        ("", ""),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of([name]) == [initials]


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_each_name_has_its_own_answer(names: list[str]) -> None:
    assert initials_of(names) == [initials_of([name])[0] for name in names]
