"""gridcrm users and gridcrm tokens."""

import json
from datetime import date, datetime
from typing import Any

import click
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.accounts import queries, service, viewers
from app.accounts.models import RoleGrant
from app.accounts.service import Beginning
from app.audit.actor import shell_actor
from app.audit.queries import in_zone
from app.core.access import EVERYWHERE, Permission, Role
from app.core.clock import today
from app.core.database import database
from app.core.errors import DomainError
from app.grid.queries import manager_by_code
from app.organisation.queries import unit_by_code


@click.group()
def users() -> None:
    """Who may sign in, and what for."""


@users.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What the person is for.")
@click.option("--unit", help="Code of the bureau, district or station; without it the role holds everywhere.")
@click.option("--manager", help="Code of the customer manager; for the role manager.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="The role's first day; today without it.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The role's last day.")
@click.option("--second-factor", is_flag=True, help="Ask for a second factor.")
def add(
    login: str,
    name: str,
    role: str,
    unit: str | None,
    manager: str | None,
    since: datetime | None,
    until: datetime | None,
    second_factor: bool,
) -> None:
    """Add a person with a role, or give a known person one more; prints the password for the first sign-in."""
    with database().transaction() as session:
        wanted = _beginning(session, role, unit, manager, since, until)
        user, password = queries.user_by_login(session, login), None
        if user is None:
            user, password = service.add_user(session, login, name, shell_actor())
        service.grant(session, user, wanted, shell_actor(), today())
        if second_factor:
            service.require_factor(session, user, True, shell_actor())
    click.echo(password if password else _("%(login)s has the role now.", login=login))


def _beginning(
    session: Session,
    role: str,
    unit: str | None,
    manager: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Beginning:
    return Beginning(
        Role(role),
        unit_by_code(session, EVERYWHERE, unit) if unit else None,
        manager_by_code(session, EVERYWHERE, manager) if manager else None,
        since and since.date(),
        until and until.date(),
    )


@users.command("disable")
@click.argument("login")
@click.option("--enable", is_flag=True, help="Let the person sign in again.")
def disable(login: str, enable: bool) -> None:
    """Let a person sign in no more; sessions and tokens end at once."""
    with database().transaction() as session:
        change = service.enable if enable else service.disable
        change(session, queries.user_named(session, login), shell_actor())
    if enable:
        click.echo(_("%(login)s can sign in again.", login=login))
    else:
        click.echo(_("%(login)s is signed out everywhere and can sign in no more.", login=login))


@users.command("reset-password")
@click.argument("login")
def reset_password(login: str) -> None:
    """Print a new password for the next sign-in; sessions and the second factor end."""
    with database().transaction() as session:
        password = service.reset_password(session, queries.user_named(session, login), shell_actor())
    click.echo(password)


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_users(as_json: bool) -> None:
    """Everybody, with the roles."""
    with database().sessions() as session:
        people: list[dict[str, Any]] = [
            {
                "login": user.login,
                "name": user.name,
                "disabled": user.disabled_at is not None,
                "last_sign_in": user.last_sign_in_at and in_zone(user.last_sign_in_at).isoformat(timespec="minutes"),
                "roles": [_as_json(grant) for grant in user.grants],
            }
            for user in queries.all_users(session)
        ]
    if as_json:
        click.echo(json.dumps(people, ensure_ascii=False, indent=2))
        return
    for person in people:
        roles = ", ".join(_in_words(role) for role in person["roles"])
        state = _("disabled") if person["disabled"] else person["last_sign_in"] or _("never signed in")
        click.echo(f"{person['login']:<24} {person['name']}  {roles}  ({state})")


def _as_json(grant: RoleGrant) -> dict[str, Any]:
    place = grant.manager.code if grant.manager else grant.unit.code if grant.unit else "*"
    return {
        "role": grant.role,
        "place": place,
        "from": grant.valid_from.isoformat(),
        "last_day": grant.last_day and grant.last_day.isoformat(),
    }


def _in_words(role: dict[str, str]) -> str:
    """The role and where it holds; its days where it has not begun, or has an end."""
    begins = role["from"] if date.fromisoformat(role["from"]) > today() else ""
    days = f" ({begins}..{role['last_day'] or ''})" if begins or role["last_day"] else ""
    return f"{role['role']}@{role['place']}{days}"


@click.group()
def tokens() -> None:
    """Bearer tokens for programs."""


@tokens.command("add")
@click.argument("login")
@click.option("--name", required=True, help="Which program uses it.")
@click.option(
    "--permission",
    "names",
    multiple=True,
    required=True,
    type=click.Choice([permission.value for permission in Permission]),
)
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Its last day.")
def add_token(login: str, name: str, names: tuple[str, ...], until: datetime) -> None:
    """Print a new token of a person's; it is shown this once."""
    with database().transaction() as session:
        owner = viewers.viewer_of(session, queries.user_named(session, login).id, today())
        if owner is None:
            raise DomainError(_("%(login)s is disabled and can have no token.", login=login))
        wanted = [Permission(each) for each in names]
        key = service.make_token(session, owner, name, wanted, until.date(), today())
    click.echo(key)


@tokens.command("list")
@click.argument("login")
def list_tokens(login: str) -> None:
    """A person's tokens by name, with their last days and what they are for."""
    with database().sessions() as session:
        for token in queries.tokens_of(session, queries.user_named(session, login).id):
            click.echo(f"{token.name:<24} {token.last_day.isoformat()}  {', '.join(token.permissions)}")


@tokens.command("revoke")
@click.argument("login")
@click.argument("name")
def revoke_token(login: str, name: str) -> None:
    """Make a token worthless at once."""
    with database().transaction() as session:
        user = queries.user_named(session, login)
        found = next((token for token in queries.tokens_of(session, user.id) if token.name == name), None)
        if found is None:
            raise DomainError(_("%(login)s has no token of that name.", login=login))
        service.revoke_token(session, user.id, found.id, shell_actor())
