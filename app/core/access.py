"""Who may do what, and where: the words in which every slice says it, and the gate at the door of every route."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden, Unauthorized

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """What a route lets people do."""

    PUBLIC = "public"
    """Anybody, signed in or not."""
    SIGNED_IN = "signed_in"
    """Whoever is signed in: the own account, the own jobs."""
    LOOKUP = "lookup"
    CUSTOMERS_LIST = "customers.list"
    CUSTOMERS_SHOW = "customers.show"
    CUSTOMERS_REVEAL = "customers.reveal"
    CARE_SHOW = "care.show"
    GRID_READ = "grid.read"
    """Stations, cells, managers, maps."""
    GRID_EDIT = "grid.edit"
    """Make, edit and give cells; the managers' photos."""
    PLANS_READ = "plans.read"
    """Plans of who is to answer for which cells, and what follows from them."""
    PLANS_EDIT = "plans.edit"
    """Make, change, submit and publish plans."""
    PLANS_APPROVE = "plans.approve"
    """Approve a plan that somebody else has submitted."""
    ASSIGNMENT_DECIDE = "assignment.decide"
    """The work list, and putting metering points into cells by hand."""
    IMPORTS_RUN = "imports.run"
    CARDS_PRINT = "cards.print"
    USERS_MANAGE = "users.manage"
    AUDIT_READ = "audit.read"


class Role(StrEnum):
    """What somebody is for, in a unit of the organisation from date to date."""

    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    HOTLINE = "hotline"
    CLERK = "clerk"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


P = Permission
MAY: dict[Role, frozenset[Permission]] = {
    Role.MANAGER: frozenset(
        {P.LOOKUP, P.CUSTOMERS_LIST, P.CUSTOMERS_SHOW, P.CUSTOMERS_REVEAL, P.CARE_SHOW, P.GRID_READ, P.CARDS_PRINT}
    ),
    Role.SUPERVISOR: frozenset(
        {
            P.LOOKUP,
            P.CUSTOMERS_LIST,
            P.CUSTOMERS_SHOW,
            P.CUSTOMERS_REVEAL,
            P.CARE_SHOW,
            P.GRID_READ,
            P.GRID_EDIT,
            P.PLANS_READ,
            P.PLANS_EDIT,
            P.PLANS_APPROVE,
            P.ASSIGNMENT_DECIDE,
            P.IMPORTS_RUN,
            P.CARDS_PRINT,
        }
    ),
    Role.HOTLINE: frozenset({P.LOOKUP, P.CUSTOMERS_SHOW, P.CUSTOMERS_REVEAL, P.GRID_READ}),
    Role.CLERK: frozenset({P.CARDS_PRINT}),
    Role.ADMINISTRATOR: frozenset({P.USERS_MANAGE, P.GRID_READ}),
    Role.AUDITOR: frozenset({P.AUDIT_READ}),
}


@dataclass(frozen=True)
class Scope:
    """What part of the city somebody may see: all of it, or these stations, and these cells and managers besides."""

    everywhere: bool = False
    stations: frozenset[int] = frozenset()
    """Ids of supply stations and of the units above them that lie wholly inside."""
    cells: frozenset[int] = frozenset()
    """Ids of the cells of the own beat."""
    managers: frozenset[int] = frozenset()
    """Ids of the customer managers whose beat that is."""
    partly: frozenset[int] = frozenset()
    """Ids of the stations of that beat: they are named, and nothing of them is seen but the cells."""

    @property
    def whole(self) -> "Scope":
        """What lies inside with the whole station: where the layer of cells may be changed."""
        return Scope(self.everywhere, self.stations)

    def inside(self, units: frozenset[int]) -> "Scope":
        """What of it lies in these units of the organisation, besides the own cells."""
        stations = units if self.everywhere else self.stations & units
        return Scope(False, stations, self.cells, self.managers, self.partly & units)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be seen."""
        return not (self.everywhere or self.stations or self.cells or self.managers)

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(
            self.everywhere or other.everywhere,
            self.stations | other.stations,
            self.cells | other.cells,
            self.managers | other.managers,
            self.partly | other.partly,
        )

    def has_station(self, station_id: int | None) -> bool:
        """Whether all of a station may be seen."""
        return self.everywhere or station_id in self.stations

    def has_manager(self, manager_id: int, station_id: int) -> bool:
        """Whether a manager of a station may be seen."""
        return self.has_station(station_id) or manager_id in self.managers

    def is_own(self, cell_ids: Iterable[int | None]) -> bool:
        """Whether one of the cells is on the own beat."""
        return any(cell in self.cells for cell in cell_ids)


EVERYWHERE = Scope(everywhere=True)
NOWHERE = Scope()


@dataclass(frozen=True)
class Grant:
    """A role that somebody has today, and where."""

    role: Role
    scope: Scope


@dataclass(frozen=True)
class Viewer:
    """Somebody who is signed in, with what they may do today."""

    user_id: int
    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    only: frozenset[Permission] | None = None
    """What the bearer token is for; None where there is none, and everything that the roles allow holds."""
    session_id: int | None = None
    token_id: int | None = None
    details: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def actor(self) -> str:
        """The name under which the trail records them."""
        return self.login

    def may(self, permission: Permission) -> bool:
        """Whether any of the roles allows it."""
        if permission in (P.PUBLIC, P.SIGNED_IN):
            return True
        if self.only is not None and permission not in self.only:
            return False
        return any(permission in MAY[grant.role] for grant in self.grants)

    def scope(self, permission: Permission) -> Scope:
        """Where it is allowed: the union over the roles that allow it."""
        scope = NOWHERE
        if self.may(permission):
            for grant in self.grants:
                if permission in MAY[grant.role]:
                    scope |= grant.scope
        return scope

    @property
    def roles(self) -> frozenset[Role]:
        """The roles, wherever they hold."""
        return frozenset(grant.role for grant in self.grants)


def allow(permission: Permission) -> Callable[[View], View]:
    """Say who may enter a route; a route that says nothing lets nobody in."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


public = allow(Permission.PUBLIC)


def permission_of(app: Flask, endpoint: str, method: str) -> Permission | None:
    """What a route asks for; None where it says nothing."""
    view = app.view_functions[endpoint]
    of_class = getattr(view, "view_class", None)
    handler = getattr(of_class, method.lower(), view) if of_class else view
    if endpoint == "static" or endpoint.endswith(".static"):
        return Permission.PUBLIC
    return getattr(handler, "permission", None)


def viewer() -> Viewer:
    """Whoever sent the present request, signed in."""
    known = viewer_or_none()
    if known is None:
        raise Unauthorized
    return known


def viewer_or_none() -> Viewer | None:
    """Whoever sent the present request; None where nobody is signed in."""
    if "viewer" not in g:
        g.viewer = current_app.extensions["gridcrm.identify"]()
    return g.viewer


def scope() -> Scope:
    """What the present request may see: where the viewer may do what its route is for."""
    return viewer().scope(g.permission)


def scope_for(permission: Permission) -> Scope:
    """What the viewer may see under another permission than the route's."""
    return viewer().scope(permission)


def init_app(app: Flask, identify: Callable[[], Viewer | None]) -> None:
    """Put the gate before every route; `identify` says who sent a request."""
    app.extensions["gridcrm.identify"] = identify

    @app.before_request
    def _gate() -> Response | None:
        if request.endpoint is None:
            return None
        g.permission = permission_of(app, request.endpoint, request.method)
        if g.permission is None:
            raise Forbidden
        if g.permission == Permission.PUBLIC:
            return None
        known = viewer_or_none()
        if known is None:
            return _to_sign_in()
        if not known.may(g.permission):
            raise Forbidden(_refusal(known))
        return None


def _refusal(known: Viewer) -> str:
    """Why somebody may not enter, and who can mend it."""
    if known.only is not None and g.permission not in known.only:
        return _("The token was not made for this. Its owner can make another one on the page of the account.")
    return _("Your roles do not include this. An administrator can grant them.")


def _to_sign_in() -> Response:
    """Pages go to the sign-in and come back; programs and parts of pages hear that nobody is signed in."""
    if request.path.startswith("/api/") or request.method not in ("GET", "HEAD"):
        raise Unauthorized
    wanted = request.full_path.rstrip("?")
    target = url_for("accounts.sign_in") + f"?next={quote(wanted, safe='/')}"
    if "HX-Request" in request.headers:
        response = current_app.response_class(status=401)
        response.headers["HX-Redirect"] = url_for("accounts.sign_in")
        return response
    return redirect(target)  # type: ignore[return-value]
