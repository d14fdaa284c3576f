"""Every route as everybody, within their reach and beyond it, held against docs/roles.md."""

import os
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, g, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.core.access import MAY, Permission, Role, permission_of
from app.core.database import end_session
from app.core.model import Base
from tests.integration.access.probes import PROBES, filled
from tests.integration.access.scene import NOBODY, WHO, Scene, make_scene, token_of
from tests.integration.access.table import NO, OWN, PAGE, YES, Route, rendered

PUBLIC = {
    "accounts.sign_in", "accounts.send_sign_in", "accounts.code", "accounts.send_code", "accounts.enrol",
    "accounts.send_enrol", "accounts.new_password", "accounts.send_new_password", "accounts.sso", "accounts.sso_back",
    "cards_public.show", "core.language", "core.theme", "operations.healthz", "operations.readyz", "operations.figures",
    "api.docs", "api.openapi", "static",
}  # fmt: skip
"""All that may be asked by somebody who is not signed in; whatever is added here has to be argued for."""

ALLOWED = """
                    manager supervisor hotline clerk administrator auditor
lookup                 x        x        x      .          .           .
customers.list         x        x        .      .          .           .
customers.show         x        x        x      .          .           .
customers.reveal       x        x        x      .          .           .
care.show              x        x        .      .          .           .
grid.read              x        x        x      .          x           .
grid.edit              .        x        .      .          .           .
plans.read             .        x        .      .          .           .
plans.edit             .        x        .      .          .           .
plans.approve          .        x        .      .          .           .
assignment.decide      .        x        .      .          .           .
imports.run            .        x        .      .          .           .
cards.print            x        x        .      x          .           .
users.manage           .        .        .      .          x           .
audit.read             .        .        .      .          .           x
"""
"""Written by hand from what the roles are for, not from the code."""

UNBOUND = {Role.HOTLINE, Role.AUDITOR}
"""The roles that have no border in the scene."""


def allowed() -> dict[Permission, set[str]]:
    head, *lines = [line.split() for line in ALLOWED.strip().splitlines()]
    return {
        Permission(name): {role for role, cell in zip(head, cells, strict=True) if cell == "x"}
        for name, *cells in lines
    }


def routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        words = (app.view_functions[rule.endpoint].__doc__ or "").strip().split("\n")[0]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            permission = permission_of(app, rule.endpoint, method)
            assert permission is not None, f"{method} {rule.rule} does not say who may enter"
            yield Route(rule.rule, method, rule.endpoint, words, permission)


def test_what_is_public_stands_on_the_list(app: Flask) -> None:
    assert {route.endpoint for route in routes(app) if route.permission == Permission.PUBLIC} == PUBLIC


def test_roles_allow_what_they_are_for() -> None:
    by_hand = allowed()
    assert {permission: {role.value for role in Role if permission in MAY[role]} for permission in by_hand} == by_hand
    assert set(by_hand) | {Permission.PUBLIC, Permission.SIGNED_IN} == set(Permission)


class Walk:
    """Calls routes; what is written within the own reach is taken back, so that the scene stays as it is."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app, self.session = app, session
        self.scene: Scene = make_scene(app, session)
        self._keeps = True
        chain = app.after_request_funcs[None]
        chain[chain.index(end_session)] = self._end

    def _end(self, response: Response) -> Response:
        if not self._keeps and "session" in g:
            g.session.rollback()
        return end_session(response)

    def call(self, who: str, route: Route, far: bool) -> TestResponse:
        """The answer; what lies within reach, and what everybody may do, leaves no trace."""
        place, probe = self.scene.far if far else self.scene.near, PROBES[route.endpoint]
        names = place.names(**({} if far else self.scene.things.get(who, {})))
        with self.app.test_request_context():
            address = url_for(route.endpoint, **filled(probe.args, names), **filled(probe.query, names))
        self._keeps = far
        sent: dict[str, Any] = {"data": filled(probe.form, names)} if route.method == "POST" else {}
        if route.rule.startswith("/api/"):
            token = {"Authorization": f"Bearer {token_of(who)}"} if who != NOBODY else {}
            sent = {"json": filled(probe.json, names)} if probe.json else sent
            sent["headers"] = {"If-Match": "*"} | token
        answer = self.scene.clients[who].open(address, method=route.method, **sent)
        assert answer.status_code != 500, (who, route.method, address, answer.text)
        return answer

    def cell(self, who: str, route: Route) -> str:
        """What somebody may do by a route."""
        probe = PROBES[route.endpoint]
        if route.permission == Permission.PUBLIC and who != NOBODY:
            return YES  # nobody asks who it is
        near = self.call(who, route, far=False)
        if route.permission != Permission.PUBLIC and not _entered(near, who):
            return NO
        if probe.lists:
            assert probe.shown.format(**self.scene.near.names()) in near.text, (
                who,
                route,
                "its own is not in the list",
            )
            far = self.call(who, route, far=True) if probe.placed else near
            return YES if probe.shown.format(**self.scene.far.names()) in far.text else OWN
        if not probe.placed:
            return YES
        assert near.status_code != 404, (who, route, near.text)
        return YES if self.call(who, route, far=True).status_code not in (403, 404) else OWN

    def counts(self) -> dict[str, Any]:
        """How many rows each table has, the trail aside, which grows by every refusal."""
        self.session.rollback()
        tables = [table for table in Base.metadata.sorted_tables if table.name != "audit_entry"]
        return {table.name: self.session.scalar(select(func.count()).select_from(table)) for table in tables}


def _entered(answer: TestResponse, who: str) -> bool:
    """Whether the gate let them in; 401 is also what a wrong code or password gets, further inside."""
    to_sign_in = answer.status_code == 302 and answer.location.startswith("/sign-in?next=")
    return answer.status_code != 403 and not (who == NOBODY and (to_sign_in or answer.status_code == 401))


def test_the_matrix(app: Flask, session: Session) -> None:
    known = sorted(routes(app), key=lambda route: (route.endpoint == "accounts.sign_out", route))
    unknown = {route.endpoint for route in known} - set(PROBES)
    assert unknown == set(), "routes without a row: say in tests/integration/access/probes.py how they are tried"
    walk = Walk(app, session)
    before = walk.counts()
    rows = {route: {who: walk.cell(who, route) for who in WHO} for route in known}
    assert walk.counts() == before
    faults = "\n".join(fault for route in known for who in WHO for fault in _faults(route, who, rows[route][who]))
    assert faults == "", faults
    page = rendered(rows)
    if os.environ.get("GRIDCRM_WRITE_ROLES"):
        PAGE.write_text(page, "utf-8")
    assert PAGE.read_text("utf-8") == page, "who may do what has changed: look at it; if it is meant, run `make roles`"


def _faults(route: Route, who: str, cell: str) -> Iterator[str]:
    """What must hold of the table whatever the page says."""
    said = f"{route.method} {route.rule} as {who}: {cell}"
    if route.permission == Permission.PUBLIC:
        return
    may = who != NOBODY if route.permission == Permission.SIGNED_IN else who in allowed()[route.permission]
    if may != (cell != NO):
        yield said
    probe = PROBES[route.endpoint]
    if cell == YES and (probe.placed or probe.lists) and Role(who) not in UNBOUND:
        yield f"{said}, beyond the own station"
