"""What every page shares."""

import pytest
from flask.testing import FlaskClient


def test_the_service_says_that_it_lives(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_missing_page_is_told_in_the_reader_s_language(client: FlaskClient) -> None:
    assert "There is no such page" in client.get("/nowhere").text
    client.set_cookie("language", "zh")
    assert "没有这个页面" in client.get("/nowhere").text


def test_a_chosen_language_stays(client: FlaskClient) -> None:
    client.post("/language/zh", data={"next": "/nowhere"})
    assert "没有这个页面" in client.get("/nowhere").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_language_form_leads_nowhere_else(client: FlaskClient, target: str) -> None:
    assert client.post("/language/en", data={"next": target}).location == "/"


def test_a_chosen_theme_stays(client: FlaskClient) -> None:
    assert 'data-bs-theme="auto"' in client.get("/nowhere").text
    client.post("/theme", data={"theme": "dark", "next": "/nowhere"})
    assert 'data-bs-theme="dark"' in client.get("/nowhere").text


def test_a_theme_that_is_none_is_not_kept(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.post("/theme", data={"theme": "plaid", "next": "/"}).headers


def test_the_theme_form_leads_nowhere_else(client: FlaskClient) -> None:
    assert client.post("/theme", data={"theme": "dark", "next": "//evil.example"}).location == "/"


def test_pages_carry_the_security_headers(client: FlaskClient) -> None:
    headers = client.get("/healthz").headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
