"""A browser's session reads; what changes something asks for a token, which no foreign page can send."""

from flask import Flask
from flask.testing import FlaskClient

from app.core.api.views import document
from tests.integration.api.conftest import Program


def test_a_session_reads(client: FlaskClient) -> None:
    assert client.get("/api/v1/jobs").status_code == 200


def test_a_session_changes_nothing(client: FlaskClient) -> None:
    answer = client.post("/api/v1/cards", json={"manager": "KH1"})
    assert answer.status_code == 401
    assert "can only read" in (answer.json or {})["detail"]


def test_a_token_needs_no_csrf_token(app: Flask, program: Program) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert program.post("/cards", json={"manager": "KH1"}).status_code == 404


def test_the_description_is_for_everybody(anonymous: FlaskClient) -> None:
    assert (anonymous.get("/api/v1/openapi.json").json or {})["openapi"] == "3.1.0"


def test_the_page_of_the_api_lists_every_operation(anonymous: FlaskClient) -> None:
    page = anonymous.get("/api/v1/docs").text
    operations = [each["operationId"] for path in document()["paths"].values()
                  for method, each in path.items() if method != "parameters"]  # fmt: skip
    assert [name for name in operations if f'id="{name}"' not in page] == []
