"""What a monitor asks: does the process answer, can it work, how much does it do."""

import hmac
import ipaddress
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from app.core.access import public
from app.core.database import current_session
from app.core.settings import settings
from app.operations import health, metrics

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """Whether the process answers; the database is not asked."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def readyz() -> Any:
    """Whether the service can work, else what is wrong in one word each."""
    checks = health.readiness()
    ready = all(found == health.OK for found in checks.values())
    return jsonify(status="ok" if ready else "unready", checks=checks), 200 if ready else 503


@blueprint.get("/metrics")
@public
def figures() -> Response:
    """The figures for Prometheus; to whoever may not read them there is no such page."""
    if not (_from_this_machine() or _has_token()):
        abort(404)
    return Response(metrics.exposition(current_session(), settings()), content_type=CONTENT_TYPE_LATEST)


def _from_this_machine() -> bool:
    """Whether nobody stands between: what a proxy on this machine passes on comes from loopback too."""
    if not settings().trusted_proxies and {"X-Forwarded-For", "Forwarded", "X-Real-IP"} & set(request.headers.keys()):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings().metrics_token
    return bool(wanted) and scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), wanted.encode())
