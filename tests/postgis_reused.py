"""One PostGIS database that a process of the suite empties after each test: far quicker than a new copy for each."""

import psycopg
from psycopg import Connection, sql

from tests import postgis

SCHEMA = """
select md5(
  (select string_agg(concat_ws(' ', relname, relkind, relnatts, relacl), ',' order by relname) from pg_class
   where relnamespace = 'public'::regnamespace and relname = any(%(names)s))
  || (select coalesce(string_agg(concat_ws(' ', tgname, tgenabled), ',' order by tgname), '') from pg_trigger
      where not tgisinternal)
  || (select string_agg(conname, ',' order by conname) from pg_constraint
      where conrelid in (select oid from pg_class
        where relnamespace = 'public'::regnamespace and relname = any(%(names)s))))
"""
"""Only what the migrations have made: the queue makes its tables itself, and they may stay."""
RELATIONS = "select relname from pg_class where relnamespace = 'public'::regnamespace"
VERSION = "select version_num from alembic_version"
EMPTY = """
do $$ declare t text; first bigint; many bigint; begin
  set local session_replication_role = replica;  -- the trail's own guard among the triggers
  for t in select tablename from pg_tables where schemaname = 'public' and tablename <> 'spatial_ref_sys' loop
    execute format('select count(*) from (select from %I limit 2001) as found', t) into many;
    if many > 2000 then execute format('truncate %I cascade', t);
    elsif many > 0 then execute format('delete from %I', t); end if;
  end loop;
  for t, first in select sequencename, start_value from pg_sequences
    where schemaname = 'public' and last_value is not null loop
    perform setval(quote_ident(t)::regclass, first, false);  -- `restart` would make each a new file
  end loop;
  insert into alembic_version values ({version});
end $$
"""
OTHERS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"


class Reused:
    """A copy of a migrated, empty template, emptied again and again; made anew when a test has changed its schema."""

    def __init__(self, maintenance: str, name: str, template: str) -> None:
        self.maintenance, self.name, self.template = maintenance, name, template
        self.url = postgis.create_database(maintenance, name, template)
        with psycopg.connect(self.url, autocommit=True) as connection:
            self.relations = [row[0] for row in connection.execute(RELATIONS)]
            self.schema = self._schema(connection)
            (self.version,) = (row[0] for row in connection.execute(VERSION))

    def empty(self) -> None:
        """As it was, whatever a test has written and whoever is still connected."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(OTHERS, (self.name,))
            if self._schema(connection) == self.schema:
                connection.execute(sql.SQL(EMPTY).format(version=sql.Literal(self.version)))
                return
        postgis.drop_database(self.maintenance, self.name)
        postgis.create_database(self.maintenance, self.name, self.template)

    def _schema(self, connection: Connection) -> str:
        row = connection.execute(SCHEMA, {"names": self.relations}).fetchone()
        return str(row and row[0])
