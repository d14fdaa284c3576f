"""What the application's own database role may do, where PostgreSQL tells it from the owner of the tables."""

from collections.abc import Iterator

from sqlalchemy import Engine, text

TRAIL = "audit_entry"


def grant_to_application(engine: Engine, role: str) -> None:
    """Let the role read and write every table, and of the trail only read and append; run by the owner."""
    if engine.dialect.name != "postgresql" or not role:
        return
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        schema = connection.scalar(text("select current_schema()"))
        own = text("select tablename from pg_tables where schemaname = :schema and tableowner = current_user")
        tables = sorted(connection.scalars(own, {"schema": schema}))
        for statement in _grants(quote(schema), [quote(table) for table in tables], quote(role)):
            connection.exec_driver_sql(statement)


def _grants(schema: str, tables: list[str], role: str) -> Iterator[str]:
    yield f"grant usage on schema {schema} to {role}"
    for table in tables:
        yield f"revoke all on {schema}.{table} from {role}"
        rights = "select, insert" if table == TRAIL else "select, insert, update, delete"
        yield f"grant {rights} on {schema}.{table} to {role}"
    yield f"grant usage, select, update on all sequences in schema {schema} to {role}"
