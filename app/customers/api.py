"""Customers and metering points in the API: masked, until one is revealed on record."""

from typing import Any

from app.core.access import Permission, allow, scope, scope_for, viewer
from app.core.api.blueprint import Blueprint, tagged
from app.core.api.cursors import after, as_page, listed
from app.core.clock import today
from app.core.database import current_session
from app.core.masking import mask_account, mask_address, mask_name, mask_phone
from app.customers import queries, service
from app.customers.models import Account
from app.customers.points import points_json
from app.customers.schemas import CustomersArgs, CustomerSchema, RevealSchema, ServedSchema

blueprint = Blueprint("customers_api", "Customers", "Customers' accounts, masked; seen in full on record.")

CUSTOMER = "/customers/<int:account_id>"
FILTERS = ("station", "manager", "cell", "area", "text")


@blueprint.get("/customers")
@allow(Permission.CUSTOMERS_LIST)
@blueprint.arguments(CustomersArgs, location="query")
@blueprint.response(200, listed(ServedSchema))
def list_customers(args: dict[str, Any]) -> dict[str, Any]:
    """List accounts with who answers for them, in the order of their numbers; of a text, the first 500 that hold it."""
    wanted = queries.Filter(**{name: args.get(name, "").strip() for name in FILTERS})
    start = after(args)
    day, begin = args.get("on") or today(), int(start) if start else None
    page = queries.account_page(current_session(), scope(), wanted, day, begin, None, args["limit"])
    return as_page(page) | {"items": [service.masked_account(row) for row in page.rows]}


@blueprint.get(CUSTOMER)
@allow(Permission.CUSTOMERS_SHOW)
@tagged
@blueprint.response(200, CustomerSchema)
def get_customer(account_id: int) -> dict[str, Any]:
    """Get one customer, masked."""
    return _customer(queries.account_by_id(current_session(), scope(), account_id), revealed=False)


@blueprint.post(f"{CUSTOMER}/reveal")
@allow(Permission.CUSTOMERS_REVEAL)
@blueprint.arguments(RevealSchema, example={"reason": "caller"})
@blueprint.response(200, CustomerSchema)
def reveal_customer(why: dict[str, Any], account_id: int) -> dict[str, Any]:
    """See one customer in full.

    Each look goes on record, and they are limited per hour; so it takes no Idempotency-Key: a look is a look.
    """
    account = queries.account_by_id(current_session(), scope(), account_id)
    service.reveal(current_session(), viewer(), account, why["reason"], why.get("note", ""))
    return _customer(account, revealed=True)


def _customer(account: Account, revealed: bool) -> dict[str, Any]:
    session, seen, customer = current_session(), scope(), account.customer
    found = queries.metering_points(session, seen, account)
    cares = queries.care_marks(session, scope_for(Permission.CARE_SHOW), account)
    others = queries.accounts_of(session, seen, account.customer_id)
    return {
        "id": account.id,
        "revealed": revealed,
        "account_no": account.number if revealed else mask_account(account.number),
        "name": customer.name if revealed else mask_name(customer.name),
        "kind": customer.kind,
        "address": account.address if revealed else mask_address(account.address),
        "phones": [phone.number if revealed else mask_phone(phone.number) for phone in customer.phones],
        "has_care": bool(cares),
        "care": cares if revealed else [],
        "other_accounts": [other.id for other in others if other.id != account.id],
        "points": points_json(session, found, today(), revealed),
        "needs_reason": service.needs_reason(session, viewer(), account.customer_id),
    }
