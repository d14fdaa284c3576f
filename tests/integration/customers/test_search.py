"""Names and addresses are found by any part of two or more characters, and only by what they contain."""

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE
from app.customers.models import Account
from app.customers.search import forget_accounts, index_accounts, search_accounts
from tests.factories import make_account, make_customer
from tests.statements import counted

ADDRESSES = (
    ("陈建国", "惠城区桥东街道水门路12号3栋501房"),
    ("桥东水果店", "惠阳区淡水街道人民四路8号"),
    ("Guðrún Þórsdóttir", "Þórsgata 12, 101 Reykjavík"),
    ("𠮷野有限公司", "香港灣仔軒尼詩道 Hennessy Road 300"),
)


@pytest.fixture
def accounts(session: Session) -> list[Account]:
    accounts = [make_account(session, make_customer(session, name=n), address=a) for n, a in ADDRESSES]
    index_accounts(session, select(Account.id))
    return accounts


@pytest.mark.parametrize("which", range(len(ADDRESSES)))
def test_every_part_of_two_characters_or_more_finds_it(session: Session, accounts: list[Account], which: int) -> None:
    for stored in ADDRESSES[which]:
        parts = {stored[i : i + length] for length in (2, 3, 6) for i in range(len(stored) - length + 1)}
        worth = {part for part in parts if sum(map(str.isalnum, part)) > 1}
        missed = {part for part in worth if accounts[which].id not in search_accounts(session, EVERYWHERE, part, 20)}
        assert not missed


@pytest.mark.parametrize("text", ["", "陈", " 陈 ", "国建", "水路", "东惠", "陈%", "' AND \"", "a*", "桥_街"])
def test_what_is_not_there_is_not_found(session: Session, accounts: list[Account], text: str) -> None:
    assert search_accounts(session, EVERYWHERE, text, 20) == []


@pytest.mark.parametrize("text", ["þórsgata", "ÞORSGATA 12", "reykjavik", "101 REYK", "guðrun", "Þórsgata　１２"])
def test_case_accents_and_width_do_not_matter(session: Session, accounts: list[Account], text: str) -> None:
    assert search_accounts(session, EVERYWHERE, text, 20) == [accounts[2].id]


def test_names_come_before_addresses(session: Session) -> None:
    def account(name: str, address: str = "") -> int:
        return make_account(session, make_customer(session, name=name), address=address).id

    in_address, contains = account("李四", "建国路1号"), account("陈建国")
    begins, equals = account("建国饭店"), account("建国")
    index_accounts(session, select(Account.id))
    assert search_accounts(session, EVERYWHERE, "建国", 20) == [equals, begins, contains, in_address]


def test_parts_may_stand_apart(session: Session, accounts: list[Account]) -> None:
    assert search_accounts(session, EVERYWHERE, "建国 水门", 20) == [accounts[0].id]
    assert search_accounts(session, EVERYWHERE, "水门 3栋 陈", 20) == [accounts[0].id]
    assert search_accounts(session, EVERYWHERE, "建国 淡水", 20) == []


def test_a_change_is_followed(session: Session, accounts: list[Account]) -> None:
    accounts[0].address = "惠城区江北街道文昌一路7号"
    session.flush()
    index_accounts(session, select(Account.id).where(Account.id == accounts[0].id))
    assert search_accounts(session, EVERYWHERE, "水门路", 20) == []
    assert search_accounts(session, EVERYWHERE, "文昌一路", 20) == [accounts[0].id]
    assert search_accounts(session, EVERYWHERE, "淡水", 20) == [accounts[1].id]


def test_what_is_forgotten_is_not_found(session: Session, accounts: list[Account]) -> None:
    gone = accounts[0].id
    forget_accounts(session, select(Account.id).where(Account.id == gone))
    assert search_accounts(session, EVERYWHERE, "水门路", 20) == []
    session.execute(delete(Account).where(Account.id == gone))
    index_accounts(session, select(Account.id))
    assert search_accounts(session, EVERYWHERE, "陈建国", 20) == []


def test_indexing_again_changes_nothing(session: Session, accounts: list[Account]) -> None:
    index_accounts(session, select(Account.id))
    assert search_accounts(session, EVERYWHERE, "桥东", 20) == [accounts[1].id, accounts[0].id]


def test_the_number_of_statements_does_not_grow_with_the_accounts(session: Session) -> None:
    def statements() -> int:
        with counted(session) as sent:
            index_accounts(session, select(Account.id))
        return len(sent)

    make_account(session, address="一号")
    few = statements()
    for number in range(30):
        make_account(session, address=f"水门路{number}号")
    assert statements() == few
