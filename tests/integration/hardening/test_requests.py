"""Headers, cookies, forms, targets and hosts, on every route that there is."""

import io
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from app import create_app
from app.core import security
from app.core.settings import ROOT, Settings
from app.core.static import version_of

FORM = re.compile(r'<form[^>]*method="post".*?</form>', re.DOTALL | re.IGNORECASE)
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """What a request may bring does not depend on the database."""
    (tmp_path / "test.sqlite3").write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture
def https(tmp_path: Path) -> FlaskClient:
    """A browser at an installation that people reach by https."""
    return create_app(Settings(instance=tmp_path / "https", public_url="https://grid.example")).test_client()


def address_of(app: Flask, rule: Rule) -> str:
    """Some address that the rule matches."""
    values: dict[str, object] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        is_number = isinstance(converter, IntegerConverter)
        values[name] = 1 if is_number else min(converter.items) if isinstance(converter, AnyConverter) else "x"
    return str(app.url_map.bind("localhost").build(rule.endpoint, values, method=min(rule.methods or {"GET"})))


def test_every_page_carries_the_headers(app: Flask, client: FlaskClient) -> None:
    for path in ("/", "/nowhere", "/customers", "/map/", "/static/core/app.css", "/healthz", "/c/x"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Server" not in headers


def test_pages_are_kept_nowhere_and_files_for_good(client: FlaskClient) -> None:
    page = client.get("/customers")
    assert page.headers["Cache-Control"] == "no-store"
    style = re.findall(r'href="(/static/[^"]*app\.css)"', page.text)[0]
    assert version_of(ROOT / "app/static") in style
    assert client.get(style).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for former in ("/static/core/app.css", "/static/v-0/core/app.css"):
        assert client.get(former).headers["Cache-Control"] == "no-cache"


def test_files_outside_the_static_folder_are_not_there(client: FlaskClient) -> None:
    for path in ("../__init__.py", "v-0/../../__init__.py", "%2e%2e/__init__.py", "v-0//etc/passwd"):
        assert client.get(f"/static/{path}").status_code == 404


def test_every_form_carries_its_token() -> None:
    missing = [
        (path.name, form[:80])
        for path in (ROOT / "app").glob("*/templates/**/*.html")
        for form in FORM.findall(path.read_text("utf-8"))
        if "csrf" not in form
    ]
    assert missing == []


def test_every_change_needs_the_token(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    rules = [rule for rule in app.url_map.iter_rules() if (rule.methods or set()) & CHANGING]
    taken = {
        rule.endpoint: answer.status_code
        for rule in rules
        if not rule.rule.startswith("/api/")
        if (answer := client.open(address_of(app, rule), method=min((rule.methods or set()) & CHANGING)))
        and answer.status_code != 400
    }
    assert len(rules) > 15
    assert taken == {}


def test_a_part_of_a_page_that_changes_something_needs_the_token_too(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/cells/x/give", headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert "expired" in answer.text


def test_cookies_by_https_stay_with_this_host(https: FlaskClient) -> None:
    answer = https.get("/sign-in", base_url="https://grid.example")
    cookies = answer.headers.getlist("Set-Cookie")
    assert [cookie.split("=")[0] for cookie in cookies] == ["__Host-gridcrm"]
    for mark in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert mark in cookies[0]
    assert "Domain" not in cookies[0]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_language_cookie_is_for_the_server_alone(https: FlaskClient) -> None:
    https.application.config["WTF_CSRF_ENABLED"] = False
    cookie = https.post("/language/en", base_url="https://grid.example").headers["Set-Cookie"]
    assert all(mark in cookie for mark in ("Secure", "HttpOnly", "SameSite=Lax"))


def test_without_https_nothing_promises_it(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost@evil"])
def test_a_foreign_host_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text + str(answer.headers)


def test_a_named_host_is_served(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, hosts="grid.internal, 10.1.2.3"))
    for host in ("grid.internal", "10.1.2.3:8000", "localhost:8000"):
        assert app.test_client().get("/static/none", headers={"Host": host}).status_code == 404


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", ""],
)
def test_no_form_leads_elsewhere(client: FlaskClient, target: str) -> None:
    assert client.post("/language/en", data={"next": target}).location == "/"


def test_a_character_that_no_text_has_is_refused(client: FlaskClient) -> None:
    assert client.get("/customers?q=%00").status_code == 400
    assert client.get("/customers/%00").status_code == 400
    assert client.post("/language/en", data={"next": "\0"}).status_code == 400


def test_only_an_upload_may_be_large(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "SMALL_BODY", 1000)
    body = b"x" * 1001
    assert client.post("/language/en", data={"next": body}).status_code == 413
    file = {"kind": "customers", "file": (io.BytesIO(body), "list.xls")}
    assert client.post("/imports/new", data=file).status_code == 422


def test_a_fault_shows_no_inside(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault() -> None:
        raise RuntimeError("the inside")

    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    fault.permission = "public"  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "lookup.start", fault)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "the inside" not in answer.text
    assert "Traceback" not in answer.text
