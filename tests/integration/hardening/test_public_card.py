"""What strangers learn from a QR code, and how often they may ask."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.cards import public
from app.grid.models import GridCell, new_token
from app.grid.service import give_up_token
from tests.factories import make_cell
from tests.integration.cards.scene import Beat, make_beat


@pytest.fixture
def beat(session: Session) -> Beat:
    return make_beat(session, boxes=1)


def test_a_token_has_120_bits() -> None:
    assert len(new_token()) * 6 >= 120


def test_whatever_is_unknown_looks_the_same(anonymous: FlaskClient, session: Session, beat: Beat) -> None:
    retired, heir = make_cell(session, beat.cell.station), beat.cell
    former = heir.card_token
    retired.card_token = give_up_token(session, heir)
    session.commit()
    answers = [anonymous.get(f"/c/{token}") for token in (former[:-1] + "_", "", "a/b", "x" * 300)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert anonymous.get(f"/c/{former}").status_code == 200


@pytest.mark.parametrize("signed_in", [False, True])
def test_the_page_leaves_and_needs_no_cookie(app: Flask, client: FlaskClient, beat: Beat, signed_in: bool) -> None:
    browser = client if signed_in else app.test_client()
    answer = browser.get(f"/c/{beat.cell.card_token}", headers={"Accept-Language": "en"})
    assert "Your customer manager" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_guessing_ends_soon_even_for_a_right_guess(anonymous: FlaskClient, beat: Beat) -> None:
    codes = [anonymous.get(f"/c/{number}").status_code for number in range(11)]
    assert codes == [404] * 10 + [429]
    refused = anonymous.get(f"/c/{beat.cell.card_token}")
    assert refused.status_code == 429
    assert beat.manager.name not in refused.text
    assert "95598" in refused.text
    assert "Set-Cookie" not in refused.headers
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_looking_is_limited_by_address(anonymous: FlaskClient, beat: Beat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "LOOKS", "2 per minute")
    page = f"/c/{beat.cell.card_token}"
    assert [anonymous.get(page).status_code for _look in range(3)] == [200, 200, 429]
    elsewhere = anonymous.get(page, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200


def test_a_token_is_found_by_an_index() -> None:
    assert GridCell.__table__.c.card_token.unique
