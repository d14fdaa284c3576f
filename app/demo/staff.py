"""People who use the demo: one for each role, all with one password that the sign-in page shows."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import passwords, service
from app.accounts.service import Beginning
from app.core.access import Role
from app.core.clock import today
from app.grid.models import CustomerManager
from app.organisation.models import OrganisationUnit

ACTOR = "demo"


@dataclass(frozen=True)
class _Person:
    login: str
    name: str
    role: Role


def add_staff(session: Session, manager_code: str) -> None:
    """Add them; the manager's station is the supervisor's and the clerk's."""
    manager = session.scalars(select(CustomerManager).where(CustomerManager.code == manager_code)).one()
    station = session.get_one(OrganisationUnit, manager.station_id)
    password = passwords.new_password()
    people = (
        _Person("manager", manager.name, Role.MANAGER),
        _Person("supervisor", f"{station.name} 主管", Role.SUPERVISOR),
        _Person("hotline", "95598 坐席", Role.HOTLINE),
        _Person("clerk", f"{station.name} 打印员", Role.CLERK),
        _Person("administrator", "系统管理员", Role.ADMINISTRATOR),
        _Person("auditor", "审计员", Role.AUDITOR),
        _Person("chief", "全市主管", Role.SUPERVISOR),
    )
    for person in people:
        user, _once = service.add_user(session, person.login, person.name, ACTOR)
        user.password_hash, user.must_change_password = passwords.hashed(password), False
        in_station = person.login in ("supervisor", "clerk")
        wanted = Beginning(
            person.role,
            unit=station if in_station else None,
            manager=manager if person.role == Role.MANAGER else None,
        )
        service.grant(session, user, wanted, ACTOR, today())
    listed = [{"login": person.login, "role": person.role.value, "name": person.name} for person in people]
    service.write_note(session, "demo", {"password": password, "people": listed})
