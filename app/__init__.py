"""gridcrm (电管家): who is this household's customer manager, and all that follows from it."""

from flask import Flask
from flask_compress import Compress
from flask_wtf import CSRFProtect

from app.accounts import account_views as _account_views  # noqa: F401 - its routes join the blueprint
from app.accounts import identity, oidc, words
from app.accounts import user_views as _user_views  # noqa: F401
from app.accounts.views import blueprint as accounts_blueprint
from app.assignment import tasks as assignment
from app.assignment import work_views as _work_views  # noqa: F401
from app.assignment.api import blueprint as points_api_blueprint
from app.assignment.views import blueprint as assignment_blueprint
from app.audit import apart as audit
from app.audit.views import blueprint as audit_blueprint
from app.beats import list_views as _list_views  # noqa: F401
from app.beats.views import blueprint as beats_blueprint
from app.cards import history as cards_history
from app.cards import tasks as cards
from app.cards.api import blueprint as cards_api_blueprint
from app.cards.public import blueprint as cards_public_blueprint
from app.cards.views import blueprint as cards_blueprint
from app.core import access, database, i18n, limits, pages, row_ids, security, static, templating
from app.core.api import views as api
from app.core.settings import Settings
from app.customers import guard
from app.customers.api import blueprint as customers_api_blueprint
from app.customers.views import blueprint as customers_blueprint
from app.grid import tasks as grid
from app.grid.api import blueprint as cells_api_blueprint
from app.grid.staff_api import blueprint as staff_api_blueprint
from app.grid.views import blueprint as grid_blueprint
from app.imports import tasks as imports
from app.imports.api import blueprint as imports_api_blueprint
from app.imports.row_views import blueprint as import_rows_blueprint
from app.imports.views import blueprint as imports_blueprint
from app.jobs import service as jobs
from app.jobs.api import blueprint as jobs_api_blueprint
from app.jobs.views import blueprint as jobs_blueprint
from app.lookup.api import blueprint as lookup_api_blueprint
from app.lookup.views import blueprint as lookup_blueprint
from app.maps.views import blueprint as maps_blueprint
from app.operations import requests
from app.operations.views import blueprint as operations_blueprint
from app.plans import follow_tasks as plan_follows
from app.plans import tasks as plans
from app.plans.api import blueprint as plans_api_blueprint
from app.plans.compare_views import blueprint as plan_comparison_blueprint
from app.plans.edit_views import blueprint as plan_edits_blueprint
from app.plans.engine_views import blueprint as plan_engine_blueprint
from app.plans.file_views import blueprint as plan_files_blueprint
from app.plans.follow_views import blueprint as plan_follow_files_blueprint
from app.plans.map_views import blueprint as plan_map_blueprint
from app.plans.publish_api import blueprint as plan_publication_api_blueprint
from app.plans.publish_views import blueprint as plan_publication_blueprint
from app.plans.views import blueprint as plans_blueprint

BLUEPRINTS = (
    accounts_blueprint,
    assignment_blueprint,
    audit_blueprint,
    beats_blueprint,
    cards_blueprint,
    cards_public_blueprint,
    customers_blueprint,
    grid_blueprint,
    imports_blueprint,
    import_rows_blueprint,
    jobs_blueprint,
    lookup_blueprint,
    maps_blueprint,
    operations_blueprint,
    plans_blueprint,
    plan_engine_blueprint,
    plan_map_blueprint,
    plan_comparison_blueprint,
    plan_edits_blueprint,
    plan_files_blueprint,
    plan_publication_blueprint,
    plan_follow_files_blueprint,
)
API_BLUEPRINTS = (
    lookup_api_blueprint,
    customers_api_blueprint,
    points_api_blueprint,
    cells_api_blueprint,
    staff_api_blueprint,
    plans_api_blueprint,
    plan_publication_api_blueprint,
    imports_api_blueprint,
    cards_api_blueprint,
    jobs_api_blueprint,
)


def create_app(settings: Settings | None = None) -> Flask:
    """The application, with its slices registered."""
    settings = settings or Settings()
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.upload_megabytes * 2**20,
        COMPRESS_MIMETYPES=[
            "text/html",
            "text/css",
            "text/javascript",
            "application/json",
            "application/geo+json",
            "image/svg+xml",
        ],
        COMPRESS_STREAMS=False,  # Flask-Compress leaves the files of streamed answers open
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["gridcrm.settings"] = settings
    templating.prepare(app, settings)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    requests.init_app(app, settings)
    i18n.init_app(app)
    row_ids.init_app(app)
    security.init_app(app, settings)
    static.init_app(app)
    limits.init_app(app, settings)
    Compress(app)
    CSRFProtect(app)
    database.init_app(app, settings)
    guard.init_app(app)
    audit.init_app(app)
    access.init_app(app, identity.identify)
    identity.init_app(app)
    oidc.init_app(app, settings)
    words.init_app(app)
    jobs.init_app(app, settings, identity.rights)
    assignment.init_app(app)
    cards.init_app(app)
    cards_history.init_app(app)
    grid.init_app(app)
    imports.init_app(app)
    plans.init_app(app)
    plan_follows.init_app(app)
    pages.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api.init_app(app, API_BLUEPRINTS)
    return app
