"""Today's API keeps what docs/openapi.json promised; that file says what there is today."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.core.api.views import document
from app.core.settings import Settings
from tests.contract.breaking import breaks

COMMITTED = Path(__file__).parents[2] / "docs/openapi.json"


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with create_app(Settings(instance=tmp_path_factory.mktemp("instance"))).app_context():
        return json.loads(json.dumps(document()))


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return json.loads(COMMITTED.read_text("utf-8"))


def test_no_client_is_broken(committed: dict[str, Any], today: dict[str, Any]) -> None:
    assert breaks(committed, today) == [], "Clients rely on this; add beside it, or begin /api/v2."


def test_the_committed_document_is_today_s(committed: dict[str, Any], today: dict[str, Any]) -> None:
    assert committed == today, "The API has grown. Write it down: make openapi"
