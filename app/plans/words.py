"""Plans in words: what state one is in, and what a step did."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.core.i18n import day_in_words
from app.plans.models import Plan

STATE_WORDS = {
    "draft": lazy_gettext("draft"),
    "submitted": lazy_gettext("submitted"),
    "approved": lazy_gettext("approved"),
    "published": lazy_gettext("published"),
    "withdrawn": lazy_gettext("withdrawn"),
}
STEP_WORDS = {
    "move": lazy_gettext("moved"),
    "lock": lazy_gettext("locked"),
    "unlock": lazy_gettext("unlocked"),
    "split": lazy_gettext("split"),
    "merge": lazy_gettext("merged"),
    "reshape": lazy_gettext("border moved"),
    "accept": lazy_gettext("proposal accepted"),
    "carry": lazy_gettext("carried over"),
    "import": lazy_gettext("file imported"),
    "submit": lazy_gettext("submitted"),
    "back": lazy_gettext("back to draft"),
    "approve": lazy_gettext("approved"),
    "publish": lazy_gettext("published"),
    "withdraw": lazy_gettext("withdrawn"),
    "roll_back": lazy_gettext("rolled back"),
    "undo": lazy_gettext("undone: step %(number)s"),
    "redo": lazy_gettext("redone: step %(number)s"),
}
"""What each kind of step did."""

COLLISION_WORDS = {
    "owner": lazy_gettext("given to another manager"),
    "retired": lazy_gettext("no longer in use"),
    "redrawn": lazy_gettext("drawn anew"),
    "new": lazy_gettext("new cell"),
}
"""What happened to a cell of the register since a plan began."""


def state_words(plan: Plan, today: date) -> str:
    """The state of a plan, with its day where it is published."""
    if plan.state != "published" or plan.effective_on is None:
        return str(STATE_WORDS[plan.state])
    day = day_in_words(plan.effective_on)
    if plan.rolled_back_on is not None and plan.rolled_back_on <= today:
        return _("rolled back from %(day)s on", day=day_in_words(plan.rolled_back_on))
    if plan.effective_on <= today:
        return _("in force since %(day)s", day=day)
    return _("published for %(day)s", day=day)


def step_words(kind: str, number: int | None = None) -> str:
    """What a step did; of an undoing or redoing, to which step."""
    return str(STEP_WORDS.get(kind, kind)) % {"number": number}
