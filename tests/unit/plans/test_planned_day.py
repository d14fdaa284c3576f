"""For which day a plan is taken to be as long as nobody has said it."""

from datetime import date

import pytest

from app.core import clock
from app.plans.models import Plan
from app.plans.queries import planned_day


@pytest.mark.parametrize(
    ("base_on", "today", "planned"),
    [
        (date(2026, 11, 22), date(2026, 11, 22), date(2026, 12, 1)),
        (date(2026, 11, 22), date(2026, 12, 1), date(2027, 1, 1)),
        (date(2027, 3, 5), date(2026, 12, 1), date(2027, 4, 1)),
    ],
)
def test_a_draft_is_for_the_first_of_the_month_to_come(
    monkeypatch: pytest.MonkeyPatch, base_on: date, today: date, planned: date
) -> None:
    monkeypatch.setattr(clock, "today", lambda: today)
    assert planned_day(Plan(base_on=base_on)) == planned


def test_a_plan_with_a_day_is_for_that_day() -> None:
    assert planned_day(Plan(base_on=date(2026, 11, 22), effective_on=date(2026, 11, 25))) == date(2026, 11, 25)
