"""Every act has words, and its details can be read."""

import re
from pathlib import Path

from flask import Flask

from app.audit.words import ACTIONS, lines
from app.core import i18n
from app.plans import publishing

APP = Path(__file__).parents[3] / "app"
RECORDED = re.compile(r'\b_?record(?:_apart)?\(\s*(?:[\w.()]+,\s*){1,2}"([a-z_.]+)"')


def recorded() -> set[str]:
    return {action for path in APP.rglob("*.py") for action in RECORDED.findall(path.read_text("utf-8"))}


def test_every_act_has_words_and_every_word_an_act() -> None:
    """Name a new act in app/audit/words.py, in both languages."""
    assert recorded() | {"audit.purge"} | set(publishing.ACTS.values()) == set(ACTIONS)


def test_details_are_told_with_before_and_after() -> None:
    app = Flask("app")
    i18n.init_app(app)
    with app.test_request_context(headers={"Accept-Language": "en"}):
        told = lines({"before": {"cell": None}, "after": {"cell": "C-1"}, "why": "moved", "new": [1, True]})
        assert list(map(str, told)) == ["cell: – → C-1", "why: moved", "new: 1, yes"]
        assert list(map(str, lines({"why": "work_order", "step": 3}))) == ["why: Work order", "step: 3"]
        assert list(map(str, lines({"before": None, "after": "auditor"}))) == ["– → auditor"]
