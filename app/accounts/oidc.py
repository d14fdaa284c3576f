"""Single sign-on by OpenID Connect: authorization code with PKCE, one provider, switched on by configuration."""

from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, request, session, url_for
from flask_babel import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from app.accounts import identity, queries
from app.accounts.models import User
from app.accounts.signing_in import SignInRefused
from app.accounts.views import blueprint, go_on
from app.audit.service import record, record_apart
from app.core.access import public
from app.core.database import database
from app.core.security import safe_target
from app.core.settings import Settings, settings

PROVIDER = "provider"
NEXT = "sso_next"


def is_configured() -> bool:
    """Whether this installation has a provider."""
    return bool(settings().oidc_issuer)


def init_app(app: Flask, known: Settings) -> None:
    """Register the provider that the settings name."""
    if not known.oidc_issuer:
        return
    oauth = OAuth(app)
    oauth.register(
        PROVIDER,
        client_id=known.oidc_client_id,
        client_secret=known.oidc_client_secret,
        server_metadata_url=f"{known.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": 10},
    )
    app.extensions["gridcrm.oauth"] = oauth


def _provider() -> Any:
    if not is_configured():
        raise SignInRefused(_("Single sign-on is not set up here."))
    return current_app.extensions["gridcrm.oauth"].create_client(PROVIDER)


@blueprint.get("/sign-in/sso")
@public
def sso() -> Any:
    """To the provider."""
    provider = _provider()
    session[NEXT] = safe_target(request.args.get("next", "/"))
    try:
        return provider.authorize_redirect(settings().public_url.rstrip("/") + url_for("accounts.sso_back"))
    except RequestException as error:
        raise SignInRefused(_("The provider of single sign-on does not answer. Try again in a moment.")) from error


@blueprint.get("/sign-in/sso/back")
@public
def sso_back() -> Any:
    """Back from the provider: whoever it vouches for is signed in, if they are known here."""
    provider = _provider()
    claims, pending = _claims(provider), {"next": session.get(NEXT, "/"), "way": "sso", "passed": []}
    with database().transaction() as db:  # a GET request's own session only reads
        return go_on(_known(db, claims), pending, db)


def _claims(provider: Any) -> dict[str, Any]:
    """What the provider says of the person: in the ID token, or else at its userinfo address."""
    try:
        token = provider.authorize_access_token()
        claims = dict(token["userinfo"])
        if settings().oidc_login_claim not in claims:
            more = provider.userinfo(token=token)
            claims |= more if more.get("sub") == claims["sub"] else {}
    except (AuthlibBaseError, JoseError, RequestException, KeyError, ValueError) as error:
        _note_refusal("answer")
        raise SignInRefused(_("The provider of single sign-on did not confirm the sign-in. Try again.")) from error
    return claims


def _note_refusal(reason: str) -> None:
    record_apart(identity.client().address, "sign_in.refused", "user:?", step="sso", reason=reason)


def _known(db: Any, claims: Any) -> User:
    """The user by the provider's own subject; the first time by the login, which is bound to the subject then."""
    subject = f"{claims['iss']}|{claims['sub']}"
    user = queries.user_by_subject(db, subject)
    if user is None:
        user = queries.user_by_login(db, str(claims.get(settings().oidc_login_claim, "")))
        if user is None or user.sso_subject is not None or user.disabled_at is not None:
            raise _stranger()
        user.sso_subject = subject
        record(db, user.login, "account.sso", f"user:{user.login}")
    if user.disabled_at is not None:
        raise _stranger()
    return user


def _stranger() -> SignInRefused:
    """Said alike to the unknown and the disabled."""
    _note_refusal("stranger")
    return SignInRefused(_("You are not registered here. Ask an administrator to add you."))
