"""Who is this customer's manager? Whatever was typed is understood in turn, the likeliest meaning first."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.audit.service import customer_subject, record
from app.core.access import Scope, Viewer
from app.core.masking import mask_account, mask_name, mask_phone
from app.core.phones import normalise
from app.core.settings import settings
from app.customers.pairs import SHORTEST, fold
from app.customers.queries import Served, no_such_customer, served_accounts
from app.customers.search import search_accounts
from app.customers.service import masked_account, needs_reason
from app.lookup import queries
from app.lookup.queries import Match

LIMIT = 20
SHORTEST_BEGINNING = 6
WHOLE_PHONE = 10
_PHONE_LIKE = re.compile(r"[\d\s+()\-‐-―.·/#]+(?:(?:转|轉|ext)[\s.]*\d+)?", re.IGNORECASE)
_NUMBER_LIKE = re.compile(r"(?=.*\d)[0-9A-Za-z/_.#-]{3,64}")
_INITIALS = re.compile(r"[A-Za-z]{2,6}")


@dataclass(frozen=True)
class Hit:
    """A customer's account with its manager, and what of it was recognised."""

    served: Served
    kind: str


@dataclass(frozen=True)
class LookupAnswer:
    """What was found, the likeliest first, and how what was typed was understood on the way."""

    hits: list[Hit]
    tried: list[str]
    chosen: Hit | None = None
    more: bool = False
    needs_reason: bool = True
    """Whether the one who asks must say why before seeing the chosen customer in full."""


def lookup(session: Session, scope: Scope, query: str, day: date, limit: int = LIMIT) -> LookupAnswer:
    """Every account in a scope that the query may mean, in full, with who answers for it on the day."""
    typed = unicodedata.normalize("NFKC", query).strip()
    tried: list[str] = []
    for meaning, find in _meanings(session, scope, typed, day, limit + 1):
        tried.append(meaning)
        matches = find()
        if matches:
            return LookupAnswer(_hits(session, scope, matches[:limit], day), tried, more=len(matches) > limit)
    return LookupAnswer([], tried)


Finder = Callable[[], list[Match]]


def _meanings(session: Session, scope: Scope, typed: str, day: date, limit: int) -> Iterator[tuple[str, Finder]]:
    """What the text may mean, each in words and with the way to find it."""
    phone = normalise(typed, settings().area_code) if _PHONE_LIKE.fullmatch(typed) else None
    numbers = _spellings(typed)
    if phone or numbers:
        yield _exact_words(phone, numbers), lambda: queries.by_exact_keys(session, scope, phone, numbers, day, limit)
    if numbers and len(numbers[0]) >= SHORTEST_BEGINNING:
        words = _("the beginning of an account, meter, box or metering point number")
        yield words, lambda: queries.by_first_characters(session, scope, numbers, day, limit)
    initials = typed.lower() if _INITIALS.fullmatch(typed) else None
    if not _is_whole_phone(phone) and (initials or len(fold(typed)) >= SHORTEST):
        yield _text_words(initials), lambda: _by_text(session, scope, typed, initials, limit)
    elif len(fold(typed)) == 1:
        yield _("no part of a name or address, for one character is too little: type at least two"), list


def _is_whole_phone(phone: str | None) -> bool:
    """No address holds a run of so many digits."""
    return phone is not None and len(phone) >= WHOLE_PHONE


def _spellings(typed: str) -> list[str]:
    """A number as it was typed, without blanks, and in capitals."""
    compact = "".join(typed.split())
    return list(dict.fromkeys((compact, compact.upper()))) if _NUMBER_LIKE.fullmatch(compact) else []


def _exact_words(phone: str | None, numbers: Sequence[str]) -> str:
    if phone and numbers:
        return _("the phone number %(phone)s, or an account, meter, box or metering point number", phone=phone)
    if phone:
        return _("the phone number %(phone)s", phone=phone)
    return _("an account, meter, box or metering point number")


def _text_words(initials: str | None) -> str:
    if initials:
        return _("the pinyin initials of a name, or a part of a name or address")
    return _("a part of a name or address")


def _by_text(session: Session, scope: Scope, typed: str, initials: str | None, limit: int) -> list[Match]:
    """Names with these initials first, then names and addresses that contain the text."""
    matches = queries.by_initials(session, scope, initials, limit) if initials else []
    known = {match.account_id for match in matches}
    found = search_accounts(session, scope, typed, limit)
    return matches + [Match(account_id, None, "text") for account_id in found if account_id not in known]


def _hits(session: Session, scope: Scope, matches: Sequence[Match], day: date) -> list[Hit]:
    points = {match.account_id: match.point_id for match in matches if match.point_id is not None}
    served = served_accounts(session, scope, [match.account_id for match in matches], day, points)
    return [Hit(one, match.kind) for one, match in zip(served, matches, strict=True)]


def ask(
    session: Session, viewer: Viewer, scope: Scope, query: str, day: date, account_id: int | None = None
) -> LookupAnswer:
    """The answer for somebody who looks one customer up, masked; that a customer was looked at goes on record.

    A single hit is the answer; `account_id` chooses one of several.
    """
    answer = lookup(session, scope, query, day) if account_id is None else _chosen(session, scope, account_id, day)
    hits = [masked(hit) for hit in answer.hits]
    if len(hits) != 1:
        return replace(answer, hits=hits)
    _record(session, viewer.actor, "lookup.look", hits[0], query)
    asked_why = needs_reason(session, viewer, hits[0].served.customer_id)
    return replace(answer, hits=hits, chosen=hits[0], needs_reason=asked_why)


def _chosen(session: Session, scope: Scope, account_id: int, day: date) -> LookupAnswer:
    served = served_accounts(session, scope, [account_id], day)
    if not served:
        raise no_such_customer()
    return LookupAnswer([Hit(served[0], "chosen")], [])


def record_reveal(session: Session, actor: str, hit: Hit, query: str) -> None:
    """Put on record that somebody saw a customer in full."""
    _record(session, actor, "lookup.reveal", hit, query)


def _record(session: Session, actor: str, action: str, hit: Hit, query: str) -> None:
    customer_id = hit.served.customer_id
    seen = {"query": mask_query(query), "kind": hit.kind}
    record(session, actor, action, customer_subject(customer_id), customer_id, **seen)


def suggest(session: Session, scope: Scope, query: str, day: date, limit: int = 8) -> LookupAnswer:
    """The answer for somebody who is still typing: masked, and not on record."""
    answer = lookup(session, scope, query, day, limit)
    return replace(answer, hits=[masked(hit) for hit in answer.hits])


def masked(hit: Hit) -> Hit:
    """The hit with the customer masked; manager, cell and station are the answer and stay."""
    return replace(hit, served=masked_account(hit.served))


def mask_query(query: str) -> str:
    """What was typed, as far as the trail needs it: the ends of numbers, the first character of anything else."""
    typed = unicodedata.normalize("NFKC", query).strip()
    if _PHONE_LIKE.fullmatch(typed):
        return mask_phone(normalise(typed, settings().area_code) or typed)
    return mask_account(typed) if _NUMBER_LIKE.fullmatch(typed) else mask_name(typed)


def as_json(hit: Hit) -> dict[str, Any]:
    """The hit as the command and the interface give it out."""
    served, manager = hit.served, hit.served.manager
    return {
        "account_no": served.account_no,
        "name": served.name,
        "address": served.address,
        "cell": served.cell,
        "manager": {"code": manager.code, "name": manager.name, "phone": manager.phone} if manager else None,
        "reason": served.reason,
    }
