"""Two people agree on a plan; on its day the cells have their new managers, and before it all can be taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.core import clock
from app.core.errors import Conflict, DomainError
from app.grid.models import Ownership
from app.grid.service import give, retire
from app.plans import publishing
from app.plans.models import PlanStep
from app.plans.words import state_words
from tests.factories import make_cell, make_manager, own
from tests.integration.plans.publication import approved, make_scene, published, set_clock

DAY = timedelta(days=1)


def test_a_plan_holds_from_its_day_on(session: Session) -> None:
    scene = published(session)
    assert scene.plan.state == "published"
    assert scene.on(session, scene.day - DAY) == scene.former
    assert scene.on(session, scene.day) == scene.fresh


def test_a_plan_can_hold_today(session: Session) -> None:
    scene = approved(session)
    publishing.publish(session, scene.plan, clock.today(), "li")
    assert scene.on(session, clock.today()) == scene.fresh


def test_no_plan_holds_before_it_was_published(session: Session) -> None:
    scene = approved(session)
    with pytest.raises(DomainError, match="has passed"):
        publishing.publish(session, scene.plan, clock.today() - DAY, "li")


def test_nobody_approves_their_own_plan(session: Session) -> None:
    scene = make_scene(session)
    publishing.submit(session, scene.plan, "li")
    with pytest.raises(Conflict, match="somebody else"):
        publishing.approve(session, scene.plan, "li")


def test_what_is_not_approved_is_not_published(session: Session) -> None:
    scene = make_scene(session)
    publishing.submit(session, scene.plan, "li")
    with pytest.raises(Conflict, match="not been approved"):
        publishing.publish(session, scene.plan, scene.day, "li")


def test_a_plan_goes_back_to_its_draft(session: Session) -> None:
    scene = approved(session)
    publishing.back(session, scene.plan, "wang", "one more cell")
    assert (scene.plan.state, scene.plan.submitted_by, scene.plan.approved_by) == ("draft", None, None)


def test_every_act_stands_on_the_list_and_in_the_trail(session: Session) -> None:
    scene = published(session)
    publishing.withdraw(session, scene.plan, "li")
    session.commit()
    listed = session.execute(select(PlanStep.kind, PlanStep.actor).order_by(PlanStep.number)).all()
    assert [tuple(row) for row in listed[1:]] == [
        ("submit", "li"), ("approve", "wang"), ("publish", "li"), ("withdraw", "li"),
    ]  # fmt: skip
    acts = select(AuditEntry).where(AuditEntry.action == "plan.publish")
    told = session.scalars(acts).one().details
    assert told["before"] == {scene.cell.code: scene.former.code}
    assert told["after"] == {scene.cell.code: scene.fresh.code}


def test_a_withdrawn_plan_leaves_nothing_behind(session: Session) -> None:
    before = rows(session)
    scene = published(session)
    assert publishing.withdraw(session, scene.plan, "li") == []
    assert scene.plan.state == "withdrawn"
    assert [row for row in rows(session) if row.valid_from == scene.day] == before


def rows(session: Session) -> list[Ownership]:
    return list(session.scalars(select(Ownership).where(Ownership.valid_from > clock.today())))


def test_withdrawing_leaves_what_others_have_given_since(session: Session) -> None:
    scene = published(session)
    third = make_manager(session, scene.cell.station)
    give(session, scene.cell, third, scene.day, "zhao")
    assert publishing.withdraw(session, scene.plan, "li") == [scene.cell.code]
    assert scene.on(session, scene.day) == third


def test_a_plan_in_force_is_rolled_back_by_one_act(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = published(session)
    set_clock(monkeypatch, scene.day + 3 * DAY)
    with pytest.raises(Conflict, match="Roll it back"):
        publishing.withdraw(session, scene.plan, "li")
    fresh, left = publishing.roll_back(session, scene.plan, scene.day + 5 * DAY, "wang")
    assert (fresh.state, fresh.copied_from_id, left) == ("published", scene.plan.id, [])
    owners = [scene.on(session, scene.day + days * DAY) for days in (-1, 4, 5)]
    assert owners == [scene.former, scene.fresh, scene.former]


def test_a_plan_says_from_when_on_it_is_rolled_back(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = published(session)
    set_clock(monkeypatch, scene.day)
    back = scene.day + 5 * DAY
    fresh, _left = publishing.roll_back(session, scene.plan, back, "wang")
    told = [state_words(scene.plan, day).split(" ")[0] for day in (scene.day, back)]
    assert told == ["in", "rolled"]
    publishing.withdraw(session, fresh, "wang")
    assert state_words(scene.plan, back).startswith("in force")


def test_whoever_submitted_a_plan_does_not_roll_it_back(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = published(session)
    set_clock(monkeypatch, scene.day)
    with pytest.raises(Conflict, match="somebody else"):
        publishing.roll_back(session, scene.plan, scene.day, "li")


def test_a_roll_back_leaves_what_others_have_given_since(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = published(session)
    set_clock(monkeypatch, scene.day)
    give(session, scene.cell, None, scene.day, "zhao")
    with pytest.raises(Conflict, match="Nothing is left"):
        publishing.roll_back(session, scene.plan, scene.day, "wang")


def test_a_cell_that_others_have_given_collides(session: Session) -> None:
    scene = approved(session)
    give(session, scene.cell, None, clock.today(), "zhao")
    with pytest.raises(Conflict, match=f"{scene.cell.code}: others have given it"):
        publishing.publish(session, scene.plan, scene.day, "li")


def test_a_cell_that_went_collides(session: Session) -> None:
    scene = approved(session)
    retire(session, select(type(scene.cell).id).where(type(scene.cell).id == scene.cell.id))
    with pytest.raises(Conflict, match="no longer in use"):
        publishing.publish(session, scene.plan, scene.day, "li")


def test_a_cell_that_changes_hands_after_the_day_collides(session: Session) -> None:
    scene = approved(session)
    own(session, scene.cell, None, scene.day + 9 * DAY)
    with pytest.raises(Conflict, match="changes hands again"):
        publishing.publish(session, scene.plan, scene.day, "li")


def test_what_the_plan_leaves_alone_does_not_collide(session: Session) -> None:
    scene = approved(session)
    give(session, make_cell(session, scene.cell.station), scene.fresh, clock.today(), "zhao")
    publishing.publish(session, scene.plan, scene.day, "li")
    assert scene.on(session, scene.day) == scene.fresh


def test_whoever_is_away_on_the_day_gets_nothing(session: Session) -> None:
    scene = approved(session)
    scene.fresh.left_on = scene.day
    session.flush()
    with pytest.raises(Conflict, match=scene.fresh.name):
        publishing.publish(session, scene.plan, scene.day, "li")


def test_faults_are_looked_for_again_on_the_day_itself(session: Session) -> None:
    scene = approved(session)
    scene.former.left_on = scene.day
    session.flush()
    with pytest.raises(Conflict, match=f"{scene.former.name} leaves on .* and still has 1 cells"):
        publishing.publish(session, scene.plan, scene.day, "li")
