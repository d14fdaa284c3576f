"""Two stations, and one of everything in each: what somebody of the first may touch, and what not."""

from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken, StandIn, User, UserSession
from app.accounts.queries import hash_of
from app.cards.tasks import print_file
from app.core.access import Permission, Role
from app.core.clock import today
from app.core.model import now
from app.customers.models import Account
from app.customers.search import index_accounts
from app.grid.models import CustomerManager
from app.imports.models import ImportRun
from app.imports.sheets_out import XlsxWriter
from app.imports.uploads import folder
from app.jobs.models import Job
from app.organisation.models import OrganisationUnit
from app.plans.follow_tasks import BEATS, kept_file
from tests.factories import (
    accounts,
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_plan,
    make_station,
    own,
    square,
)

NOBODY = "nobody"
WHO = (NOBODY, *(role.value for role in Role))
FOR_PROGRAMS = tuple(each for each in Permission if each not in (Permission.PUBLIC, Permission.SIGNED_IN))
EVERYWHERE = (Role.HOTLINE, Role.AUDITOR)
NAMED = ("station", "manager", "cell", "point", "lost", "box")
PHONE = "13812345678"
"""A number at which customers of both stations answer."""
PHOTO = b"\x89PNG\r\n\x1a\n"


@dataclass
class Place:
    """The names of what stands in one station, as addresses have them; `things` are somebody's own jobs and files."""

    mark: str
    station: OrganisationUnit
    manager: CustomerManager
    token: str
    things: dict[str, int] = field(default_factory=dict)

    def names(self, **ids: int) -> dict[str, str | int]:
        """What stands in the braces of a probe."""
        words: dict[str, str | int] = {name: f"{name}-{self.mark}" for name in NAMED}
        words |= {"account": account_no(self.mark), "phone": PHONE}
        people = {"login": f"clerk.{self.mark.lower()}", "colleague": f"colleague.{self.mark.lower()}"}
        return words | people | {"mark": self.mark, "token": self.token} | self.things | ids


@dataclass
class Scene:
    """The two places, and a client and the own things of everybody."""

    near: Place
    far: Place
    clients: dict[str, FlaskClient]
    things: dict[str, dict[str, int]]


def make_scene(app: Flask, session: Session) -> Scene:
    """Set it up, and sign everybody in."""
    near, far = _place(session, "NEAR", 114.40, app), _place(session, "FAR", 114.50, app)
    index_accounts(session, select(Account.id))
    people = {role: accounts.make_user(session, login=f"{role.value}.of.near") for role in Role}
    for role, user in people.items():
        unit = None if role in EVERYWHERE or role == Role.MANAGER else near.station
        accounts.make_grant(session, user, role, unit, near.manager if role == Role.MANAGER else None)
    for role, user in people.items():
        session.add(_program(user, token_of(role.value), FOR_PROGRAMS))
    things = {role.value: _things_of(session, user, near) for role, user in people.items()}
    session.commit()
    clients = {NOBODY: app.test_client()} | {role.value: app.test_client() for role in Role}
    for role, user in people.items():
        accounts.sign_in(clients[role.value], user)
    for client in clients.values():
        client.set_cookie("language", "en")
    return Scene(near, far, clients, things)


def token_of(who: str) -> str:
    """The key of a token with which somebody's program may do all that they may."""
    return f"token of {who}"


def account_no(mark: str) -> str:
    """The number of the account in a station; without a digit the look-up would take it for a name."""
    return f"account-1-{mark}"


def _program(user: User, key: str, permissions: tuple[Permission, ...]) -> ApiToken:
    named = {"name": key, "permissions": [permission.value for permission in permissions]}
    return ApiToken(key_hash=hash_of(key), user_id=user.id, last_day=today(), **named)


def _place(session: Session, mark: str, lon: float, app: Flask) -> Place:
    station = make_station(session, code=f"station-{mark}", name=f"供电所 {mark}", boundary=square(lon))
    area = make_area(session, station, code=f"area-{mark}", name=f"台区 {mark}")
    manager = make_manager(session, station, code=f"manager-{mark}", name=f"经理 {mark}", photo=PHOTO)
    cell = make_cell(session, station, code=f"cell-{mark}", shape=square(lon), households=1, boxes=1)
    own(session, cell, manager)
    inside = {"cell_id": cell.id, "reason": "inside", "cause": null()}
    box = make_box(session, station, (lon + 0.005, 23.105), number=f"box-{mark}", transformer_area_id=area.id, **inside)
    customer = make_customer(session, (PHONE,), number=f"customer-{mark}", name="陈测试")
    account = make_account(session, customer, number=account_no(mark), address="水门路12号")
    make_meter_point(session, box, account, number=f"point-{mark}", **inside)
    lost = make_box(session, station, number=f"lostbox-{mark}")
    make_meter_point(session, lost, account, number=f"lost-{mark}")
    place = Place(mark, station, manager, cell.card_token)
    clerk = accounts.make_user(session, login=f"clerk.{mark.lower()}")
    grant = accounts.make_grant(session, clerk, Role.CLERK, station)
    colleague = accounts.make_user(session, login=f"colleague.{mark.lower()}")
    accounts.make_grant(session, colleague, Role.CLERK, station)
    leave = StandIn(user_id=clerk.id, stand_in_id=colleague.id, valid_from=today(), last_day=today())
    session.add(leave)
    session.flush()
    plan = make_plan(session, station)
    shared = {"account_id": account.id, "grant": grant.id, "leave": leave.id, "plan": plan.id}
    place.things = shared
    place.things = _things_of(session, clerk, place) | shared
    return place


def _things_of(session: Session, user: User, place: Place) -> dict[str, int]:
    """A job, a print and a plan's file that are kept, an import with upload and rejected rows, sign-in and token."""
    selection = {"station": place.station.code, "day": today().isoformat()}
    asked = {"selection": selection, "layout": "a4", "start": 1, "offset": [0, 0]}
    job = Job(kind="import", title=f"Import {place.mark}", language="en", state="failed", user_id=user.id)
    printed = Job(kind="cards", title="Print", language="en", state="failed", parameters=asked, user_id=user.id)
    wanted = {"plan": place.things["plan"], "file": BEATS, "full": False}
    follows = Job(kind="plan.follows", title="Beats", language="en", state="done", parameters=wanted, user_id=user.id)
    upload, soon = f"{user.login}.csv", now() + timedelta(hours=1)
    kept = {"kind": "customers", "user_id": user.id, "filename": f"file {place.mark}.csv"}
    outcome = {"rows": 1, "created": 0, "updated": 0, "unchanged": 0, "rejected": 1, "codes": {}, "warnings": []}
    outcome |= {"seconds": 0.1, "error_file": f"{user.login}-rejected.xlsx"}
    waiting, ended = ImportRun(path=upload, **kept), ImportRun(outcome=outcome, **kept)
    sign_in = UserSession(key_hash=hash_of(f"session of {user.login}"), user_id=user.id, ends_at=soon)
    token = _program(user, f"old token of {user.login}", (Permission.LOOKUP,))
    session.add_all([job, printed, follows, waiting, ended, sign_in, token])
    session.flush()
    (folder() / upload).write_text("户号,户名\n1,陈\n", "utf-8")
    rejected = XlsxWriter(folder() / outcome["error_file"])
    for cells in (("户号", "※ Row", "※ What is wrong"), ("1", "2", "bad")):
        rejected.write(cells)
    rejected.close()
    print_file(printed.id).parent.mkdir(parents=True, exist_ok=True)
    print_file(printed.id).write_bytes(b"%PDF-1.7")
    kept_file(follows.id, BEATS).parent.mkdir(parents=True, exist_ok=True)
    kept_file(follows.id, BEATS).write_bytes(b"SQLite format 3")
    return {
        "plan_file": follows.id,
        "job": job.id, "print": printed.id, "waiting": waiting.id, "ended": ended.id, "session": sign_in.id,
        "api_token": token.id,
    }  # fmt: skip
