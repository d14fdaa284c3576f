"""Photos of customer managers."""

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.grid import photos
from tests.factories import make_manager

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def manager(session: Session) -> str:
    code = make_manager(session).code
    session.commit()
    return code


def send(client: FlaskClient, manager: str, photo: bytes) -> int:
    return client.post(f"/managers/{manager}/photo", data={"photo": (io.BytesIO(photo), "photo")}).status_code


def test_a_photo_comes_back_as_it_was_sent(client: FlaskClient, manager: str) -> None:
    assert send(client, manager, PNG) == 302
    answer = client.get(f"/managers/{manager}/photo")
    assert (answer.data, answer.mimetype) == (PNG, "image/png")


def test_sending_none_takes_the_photo_away(client: FlaskClient, manager: str) -> None:
    send(client, manager, PNG)
    send(client, manager, b"")
    assert client.get(f"/managers/{manager}/photo").status_code == 404


@pytest.mark.parametrize("photo", [b"<svg onload=alert(1)>", b"GIF89a", PNG + bytes(100)])
def test_what_is_no_photo_is_refused(
    client: FlaskClient, manager: str, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "LARGEST", 100)
    assert send(client, manager, photo) == 422
    assert client.get(f"/managers/{manager}/photo").status_code == 404
