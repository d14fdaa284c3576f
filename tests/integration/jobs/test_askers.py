"""A job belongs to whoever asked for it, and is done with the rights that they have by then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.accounts.models import RoleGrant, User
from app.core.access import EVERYWHERE, Permission, Role, Scope
from app.core.clock import today
from app.core.model import now
from app.jobs.models import Job
from app.jobs.service import Work, add_handler, enqueue
from app.organisation.models import OrganisationUnit
from tests.factories import accounts, make_station

SEEN: list[Any] = []


@pytest.fixture
def station(session: Session) -> OrganisationUnit:
    station = make_station(session)
    session.commit()
    return station


@pytest.fixture
def asker(session: Session, station: OrganisationUnit) -> User:
    user = accounts.make_user(session, login="asker")
    accounts.make_grant(session, user, Role.SUPERVISOR, station)
    session.commit()
    return user


@pytest.fixture
def job(app: Flask, session: Session, asker: User) -> Job:
    """Work that the user has asked for by a page."""

    def look(work: Work) -> dict[str, Any]:
        SEEN[:] = [work.viewer and work.viewer.login, work.scope]
        return {"link": "/"}

    add_handler(app, "look", look, Permission.GRID_EDIT)
    client = app.test_client()
    accounts.sign_in(client, asker)
    with client, app.test_request_context():
        g.viewer = app.extensions["gridcrm.jobs"].rights(session, asker.id)
        made = enqueue(session, "look", "A look")
    session.commit()
    return made


def test_the_work_knows_who_asked_and_where_they_may(
    job: Job, station: OrganisationUnit, run_jobs: Callable[[], None]
) -> None:
    run_jobs()
    assert ["asker", Scope(stations=frozenset({station.id}))] == SEEN


def test_the_shell_asks_as_nobody_and_may_everything(job: Job, session: Session, run_jobs: Callable[[], None]) -> None:
    run_jobs()
    asked = enqueue(session, "look", "A look")
    session.commit()
    run_jobs()
    assert (asked.user_id, SEEN) == (None, [None, EVERYWHERE])


def test_work_of_a_disabled_user_is_not_done(job: Job, session: Session, run_jobs: Callable[[], None]) -> None:
    session.execute(update(User).where(User.login == "asker").values(disabled_at=now()))
    session.commit()
    run_jobs()
    session.refresh(job)
    assert (job.state, job.error) == ("failed", "The account of whoever asked for it is disabled by now.")


@pytest.mark.parametrize("lost", ["ended", "taken"])
def test_work_without_the_role_for_it_is_not_done(
    lost: str, job: Job, session: Session, run_jobs: Callable[[], None]
) -> None:
    yesterday = today() - timedelta(days=1)
    change = update(RoleGrant).values(last_day=yesterday) if lost == "ended" else delete(RoleGrant)
    session.execute(change)
    session.commit()
    run_jobs()
    session.refresh(job)
    assert (job.state, job.error) == ("failed", "The role of whoever asked for it has ended by now.")


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/progress"), ("POST", "/stop")])
def test_nobody_else_can_follow_or_stop_it(
    app: Flask, job: Job, asker: User, client: FlaskClient, method: str, rest: str
) -> None:
    own = app.test_client()
    accounts.sign_in(own, asker)
    assert client.open(f"/jobs/{job.id}{rest}", method=method).status_code == 404
    assert own.open(f"/jobs/{job.id}{rest}", method=method).status_code in (200, 302)
