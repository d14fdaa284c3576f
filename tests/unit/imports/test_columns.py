import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.columns import OWN_MARK, guess, signature
from app.imports.fields import CUSTOMERS, KINDS, Field, Kind

FIELDS = [(kind, field) for kind in KINDS.values() for field in kind.fields]
SPELLINGS = (
    str,
    str.upper,
    lambda name: f" {name} ",
    lambda name: name.replace("_", " "),
    lambda name: f"{name}(必填)",
    lambda name: f"{name}*",
)


@given(pair=st.sampled_from(FIELDS), data=st.data())
def test_every_alias_is_found_in_any_spelling(pair: tuple[Kind, Field], data: st.DataObject) -> None:
    kind, field = pair
    heading = data.draw(st.sampled_from(SPELLINGS))(data.draw(st.sampled_from(field.aliases)))
    unknown = data.draw(st.lists(st.sampled_from(["备注", "序号", "remark", ""]), unique=True))
    headings = data.draw(st.permutations([heading, *unknown]))
    assert list(guess(kind, headings).values()) == [heading]


@given(st.permutations([field.aliases[0] for field in CUSTOMERS.fields]))
def test_names_of_all_fields_are_told_apart(headings: list[str]) -> None:
    assert guess(CUSTOMERS, headings) == {name: name for name in CUSTOMERS.names}


@given(
    st.permutations(["户号", "户名", "联系电话", "用电地址", "电能表资产号", "表箱号", "台区编号", "供电单位", "经度"])
)
def test_the_words_of_the_marketing_system(headings: list[str]) -> None:
    assert guess(CUSTOMERS, headings) == {
        "account_no": "户号",
        "name": "户名",
        "phones": "联系电话",
        "address": "用电地址",
        "asset_no": "电能表资产号",
        "box_no": "表箱号",
        "area": "台区编号",
        "station": "供电单位",
        "lon": "经度",
    }


@pytest.mark.parametrize(
    ("headings", "field", "column"),
    [
        (["客户联系电话"], "phones", "客户联系电话"),
        (["gddwbm", "供电单位"], "station", "gddwbm"),
        (["台区名称", "台区编号"], "area", "台区编号"),
        (["经度（WGS84）"], "lon", "经度（WGS84）"),
    ],
)
def test_which_column_is_preferred(headings: list[str], field: str, column: str) -> None:
    assert guess(CUSTOMERS, headings)[field] == column


def test_an_error_file_is_read_like_its_original() -> None:
    headings = ["户号", "户名"]
    mended = [*headings, f"{OWN_MARK} 行号", f"{OWN_MARK} 问题"]
    assert signature(CUSTOMERS, mended) == signature(CUSTOMERS, headings)
    assert guess(CUSTOMERS, mended) == guess(CUSTOMERS, headings)
