"""Which boxes get a card, in which order, and what is said about the others."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.cards import service
from app.cards.queries import Selection
from app.core import clock
from app.core.access import EVERYWHERE
from app.core.errors import DomainError, NotFound
from tests.factories import (
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)
from tests.integration.cards.scene import boxed, make_beat
from tests.statements import counted


def reasons(session: Session, selection: Selection) -> dict[str, str]:
    return {issue.box: issue.reason for issue in service.plan(session, EVERYWHERE, selection).issues}


def test_boxes_that_cannot_have_a_card_say_why(session: Session) -> None:
    station = make_station(session)
    without_phone, left = make_manager(session, station, work_phone=None), make_manager(session, station)
    left.left_on = date(2021, 1, 1)
    for manager in (without_phone, left, None):
        cell = make_cell(session, station)
        own(session, cell, manager)
        boxed(session, cell, None, number=f"of {manager and manager.code}")
    make_box(session, station, number="stray")
    assert reasons(session, Selection(station=station.code)) == {
        f"of {without_phone.code}": "no_phone",
        f"of {left.code}": "no_manager",
        "of None": "no_manager",
        "stray": "no_cell",
    }


def test_cards_go_by_manager_and_area_and_end_with_boxes_nowhere(session: Session) -> None:
    beat = make_beat(session, boxes=0)
    first, second = sorted((make_area(session), make_area(session)), key=lambda area: area.code)
    for number, lon in (("c", 114.43), ("a", 114.41), ("b", 114.42), ("d", 114.44)):
        boxed(session, beat.cell, (lon, 23.1), number=number, transformer_area_id=second.id)
    boxed(session, beat.cell, None, number="a0", transformer_area_id=second.id)
    boxed(session, beat.cell, (114.4, 23.1), number="z", transformer_area_id=first.id)
    boxed(session, beat.cell, (114.4, 23.1), number="1")
    order = [card.box for card in service.plan(session, EVERYWHERE, Selection(manager=beat.manager.code)).cards()]
    assert order in (["z", "a", "b", "c", "d", "a0", "1"], ["z", "d", "c", "b", "a", "a0", "1"])


def test_a_bureau_means_its_stations(session: Session) -> None:
    beat = make_beat(session)
    bureau = make_station(session, kind="bureau")
    beat.cell.station.parent_id = bureau.id
    session.flush()
    assert len(service.plan(session, EVERYWHERE, Selection(station=bureau.code))) == 3


def test_cards_of_a_day_to_come_name_who_answers_then(session: Session) -> None:
    beat, next_one = make_beat(session), make_manager(session)
    tomorrow = clock.today() + timedelta(days=1)
    own(session, beat.cell, next_one, tomorrow)
    assert not len(service.plan(session, EVERYWHERE, Selection(manager=next_one.code)))
    assert len(service.plan(session, EVERYWHERE, Selection(manager=next_one.code, day=tomorrow))) == 3


def test_only_the_boxes_asked_for(session: Session) -> None:
    beat = make_beat(session)
    numbers = (beat.boxes[2].number, beat.boxes[0].number)
    assert {card.box for card in service.plan(session, EVERYWHERE, Selection(boxes=numbers)).cards()} == set(numbers)


@pytest.mark.parametrize(
    ("selection", "error"),
    [
        (Selection(), DomainError),
        (Selection(boxes=("none",)), NotFound),
        (Selection(station="none"), NotFound),
        (Selection(manager="none"), NotFound),
        (Selection(cell="none"), NotFound),
    ],
)
def test_what_does_not_exist_is_said(session: Session, selection: Selection, error: type[Exception]) -> None:
    with pytest.raises(error):
        service.plan(session, EVERYWHERE, selection)


def test_a_print_of_nothing_is_refused(session: Session, tmp_path: Path) -> None:
    station = make_station(session)
    make_box(session, station)
    with pytest.raises(DomainError, match="None of the 1 boxes"):
        service.print_cards(
            session, EVERYWHERE, Selection(station=station.code), service.printing(), tmp_path / "cards.pdf"
        )


NAMES = st.text("陈李王张建国文慧芳测试", min_size=2, max_size=4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES, before=st.sampled_from(["", "水门路12号", "陈"]), by_account=st.booleans())
def test_no_card_holds_a_customer_s_name_or_account(session: Session, name: str, before: str, by_account: bool) -> None:
    beat = make_beat(session, boxes=1)
    account = make_account(session, make_customer(session, name=name))
    make_meter_point(session, beat.boxes[0], account)
    beat.boxes[0].address = f"{before}{account.number if by_account else name}宅"
    session.flush()
    (card,) = service.plan(session, EVERYWHERE, Selection(cell=beat.cell.code)).cards()
    printed = "".join(filter(None, (card.box, card.address, card.face.cell, card.face.station)))
    assert name not in printed
    assert account.number not in printed


def test_the_number_of_statements_does_not_grow_with_boxes(session: Session) -> None:
    counts = []
    for boxes in (2, 40):
        beat = make_beat(session, boxes=boxes)
        session.commit()
        with counted(session) as statements:
            service.plan(session, EVERYWHERE, Selection(manager=beat.manager.code))
        counts.append(len(statements))
    assert counts[0] == counts[1]
