"""Requests of one user are counted over all pages; who asks too often hears when to come back."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from app.core.limits import TooMany
from app.core.settings import Settings
from tests.conftest import EVERY_ROLE
from tests.factories.accounts import client_of


@pytest.fixture
def few(app: Flask) -> Flask:
    """An installation that allows three requests a minute."""
    allowed = Settings(
        instance=Path(app.extensions["gridcrm.settings"].instance),
        database_url=app.extensions["gridcrm.settings"].database_url,
        requests_per_minute=3,
    )
    app.extensions["gridcrm.settings"] = allowed
    return app


def test_a_user_s_requests_are_counted_together(few: Flask) -> None:
    one, other = client_of(few, *EVERY_ROLE), client_of(few, *EVERY_ROLE)
    answers = [one.get(path) for path in ("/cells", "/managers", "/stations", "/cells")]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "Too many requests. Try again in" in answers[-1].text
    assert "Retry-After" not in answers[0].headers
    assert other.get("/cells").status_code == 200


def test_strangers_are_counted_by_address_and_ipv6_network(few: Flask, anonymous: FlaskClient) -> None:
    def code(address: str) -> int:
        return anonymous.get("/sign-in", environ_base={"REMOTE_ADDR": address}).status_code

    assert [code(f"2001:db8::{number}") for number in range(4)] == [200, 200, 200, 429]
    assert code("2001:db8:0:1::1") == 200


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [(1, "1 second", "1秒"), (59, "59 seconds", "59秒"), (61, "2 minutes", "2分钟"), (3541, "60 minutes", "60分钟")],
)
def test_how_long_to_wait_is_said_as_people_say_it(app: Flask, seconds: int, english: str, chinese: str) -> None:
    for language, wait in (("en", english), ("zh", chinese)):
        with force_locale(language):
            assert wait in str(TooMany(seconds))


def test_files_and_health_are_never_refused(few: Flask, anonymous: FlaskClient) -> None:
    for path in ("/healthz", "/static/core/app.css"):
        assert {anonymous.get(path).status_code for _request in range(5)} == {200}
