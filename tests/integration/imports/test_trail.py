"""What of an import is on record."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from tests.integration.imports.conftest import Import, customers


@pytest.mark.usefixtures("organisation")
@pytest.mark.parametrize(("dry_run", "act"), [(True, "imports.try"), (False, "imports.import")])
def test_a_file_that_was_tried_or_imported_is_on_record(
    session: Session, bring: Import, dry_run: bool, act: str
) -> None:
    bring("customers", customers({}, {"户号": ""}), filename="桥东.csv", dry_run=dry_run)
    session.commit()
    (entry,) = session.scalars(select(AuditEntry))
    assert (entry.action, entry.actor, entry.subject) == (act, "test", "桥东.csv")
    assert (entry.details["kind"], entry.details["rows"], entry.details["rejected"]) == ("customers", 2, 1)
    assert "陈建国" not in str(entry.details)
