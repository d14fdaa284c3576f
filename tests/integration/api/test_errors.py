"""Every error of the API is a problem detail, says how to mend it, and in the user's language."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.access import Permission, Role
from app.core.clock import today
from app.core.settings import Settings
from app.jobs import queries
from tests.integration.api.conftest import NewProgram, Program


def test_a_problem_names_itself(program: Program) -> None:
    answer = program.get("/nowhere")
    assert answer.mimetype == "application/problem+json"
    said = answer.json or {}
    assert (said["status"], said["instance"]) == (404, "/api/v1/nowhere")
    assert said["type"] == "/api/v1/docs#problem-404"
    assert said["request_id"] == answer.headers["X-Request-ID"]


def test_wrong_values_are_named_one_by_one(program: Program) -> None:
    said = program.get("/ownership?on=yesterday&limit=0&colour=red").json or {}
    wrong = {(error["in"], error["pointer"]): error["detail"] for error in said["errors"]}
    assert set(wrong) == {("query", "/on"), ("query", "/limit"), ("query", "/colour")}
    assert wrong["query", "/on"] == "This is no day. Write it as 2026-03-14."


def test_a_problem_speaks_chinese(program: Program) -> None:
    said = program.get("/jobs?limit=0", headers={"Accept-Language": "zh-CN"}).json or {}
    assert said["title"] == "数值不符合要求"
    assert said["errors"][0]["detail"] == "应在 1 至 200 之间。"


def test_without_a_token_it_says_how_to_sign_in(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/api/v1/jobs")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="gridcrm"')


@pytest.mark.parametrize("token", ["", "guessed", "gridcrm_" + "x" * 5000, "ü"])
def test_an_unknown_token_is_told_so(anonymous: FlaskClient, token: str) -> None:
    answer = anonymous.get("/api/v1/jobs", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_that_ended_is_worth_nothing(new_program: NewProgram) -> None:
    ended = new_program(Role.SUPERVISOR, last_day=today().replace(year=2020))
    assert ended.get("/jobs").status_code == 401


def test_a_token_does_what_it_is_for(new_program: NewProgram) -> None:
    narrow = new_program(Role.SUPERVISOR, only={Permission.LOOKUP})
    answer = narrow.get("/managers")
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="grid.read"' in answer.headers["WWW-Authenticate"]


def test_a_wrong_method_names_the_right_ones(program: Program) -> None:
    answer = program.ask("DELETE", "/jobs")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": "manager=KH1"}, 415),
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"json": []}, 422),
        ({"json": {"manager": "K\0"}}, 422),
        ({"data": b'{"manager": "\\ud800"}', "content_type": "application/json"}, 422),
        ({"json": {}}, 422),
    ],
)
def test_bodies_that_cannot_be_taken(program: Program, sent: dict[str, object], status: int) -> None:
    answer = program.post("/cards", **sent)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_fault_is_a_problem_too(app: Flask, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("secret")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(queries, "job_page", fail)
    answer = program.get("/jobs")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret" not in answer.text


def test_too_many_requests_say_when_to_come_back(
    app: Flask, program: Program, new_program: NewProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: Settings = app.extensions["gridcrm.settings"]
    monkeypatch.setitem(chosen.__dict__, "requests_per_minute", 2)
    seen = [program.get("/jobs") for _number in range(3)]
    assert [answer.status_code for answer in seen] == [200, 200, 429]
    assert seen[0].headers["X-RateLimit-Limit"] == "2"
    assert [answer.headers["X-RateLimit-Remaining"] for answer in seen] == ["1", "0", "0"]
    assert 1 <= int(seen[2].headers["Retry-After"]) <= 60
    assert new_program(Role.SUPERVISOR).get("/jobs").status_code == 200
