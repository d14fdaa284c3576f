"""What is kept of a customer, shown to that customer; and erased on lawful request, the trail staying whole."""

import json
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.audit.queries import in_zone
from app.audit.service import customer_subject, record
from app.core.errors import DomainError
from app.customers.models import Account, Customer, CustomerPhone, SpecialCare
from app.customers.search import forget_accounts
from app.privacy import queries

QUIET = {"synchronize_session": False}


def show(session: Session, customer: Customer, actor: str) -> dict[str, Any]:
    """All that is kept of the customer, and who looked at it or changed it; the showing goes on record."""
    record(session, actor, "privacy.export", customer_subject(customer.id), customer_id=customer.id)
    meters = queries.meters_of(session, customer)
    return {
        "customer": {"number": customer.number, "name": customer.name, "kind": customer.kind},
        "phones": [phone.number for phone in customer.phones],
        "special_care": [{"kind": care.kind, "noted_at": _moment(care.noted_at)} for care in customer.cares],
        "accounts": [
            {"number": account.number, "address": account.address} for account in queries.accounts_of(session, customer)
        ],
        "metering_points": [
            {
                "number": point.number,
                "box": point.box.number,
                "station": point.box.station.name,
                "position": [point.box.position.x, point.box.position.y] if point.box.position else None,
                "cell": point.cell.code if point.cell else None,
                "reason": point.reason,
                "meters": [
                    {"asset_no": meter.asset_no, "from": meter.valid_from.isoformat()}
                    for meter in meters
                    if meter.meter_point_id == point.id
                ],
            }
            for point in queries.points_of(session, customer)
        ],
        "acts": [
            {"at": _moment(act.at), "actor": act.actor, "action": act.action, "details": act.details}
            for act in queries.acts_on(session, customer)
        ],
    }


def _moment(at: datetime) -> str:
    return in_zone(at).isoformat(timespec="seconds")


def erase(session: Session, customer: Customer, reason: str, actor: str) -> None:
    """Take away whatever tells who the customer is: name, phones, care marks, addresses and numbers of the accounts.

    Metering points, meters and boxes are the utility's equipment and stay; so does the trail, which names the
    customer only by a number that now leads nowhere.
    """
    if not reason.strip():
        raise DomainError(_("Say why the data are erased, such as the number of the request."))
    accounts = queries.accounts_of(session, customer)
    numbers = {account.number for account in accounts}
    _forget_rejected_rows(session, [*numbers, *(phone.number for phone in customer.phones)])
    forget_accounts(session, select(Account.id).where(Account.customer_id == customer.id))
    for point in queries.points_of(session, customer):
        if any(number in point.number for number in (*numbers, customer.number)):  # it may be made of the account's
            point.number = f"erased-{point.id}"
    for account in accounts:
        account.number, account.address = f"erased-{account.id}", ""
    counts = {"accounts": len(accounts), "phones": len(customer.phones), "care_marks": len(customer.cares)}
    for kept in (CustomerPhone, SpecialCare):
        session.execute(delete(kept).where(kept.customer_id == customer.id), execution_options=QUIET)
    session.expire(customer, ["phones", "cares"])
    customer.number, customer.name, customer.initials = f"erased-{customer.id}", "", ""
    session.flush()
    subject = customer_subject(customer.id)
    record(session, actor, "privacy.erase", subject, customer_id=customer.id, reason=reason.strip(), **counts)


def _forget_rejected_rows(session: Session, values: list[str]) -> None:
    """The lists of rejected rows quote what was in the files."""
    for run in queries.runs_that_quote(session, values):
        run.issues = [
            issue for issue in run.issues if not any(value in json.dumps(issue, ensure_ascii=False) for value in values)
        ]
