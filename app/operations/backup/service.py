"""Back the register up into one file, prove that it can be restored, and restore it."""

import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app.audit.rights import grant_to_application
from app.core import migrate
from app.core.database import database
from app.core.errors import Conflict, DomainError
from app.core.settings import Settings
from app.demo.queries import is_empty
from app.operations.backup import archive, embedded, postgres
from app.operations.backup.manifest import Contents, Manifest, fingerprint, present_moment, program_version

KEPT_FOLDERS = ("cards", "uploads")
LEFT_OUT = ("cards/prints",)
"""Prints can be made again at any time."""
KEY = "secret_key"
TAKE_UP = "update job set state = 'queued' where state = 'running';"
"""What ran when the backup was made is to be done, from the beginning."""
FILES = "files/"
SUFFIX = ".gridcrm"
AUTOMATIC = re.compile(r"gridcrm-\d{8}T\d{6}Z(-\d+)?\.gridcrm")


@dataclass(frozen=True)
class Made:
    """A backup, what it says of itself, and how long it took."""

    path: Path
    manifest: Manifest
    size: int
    seconds: float
    verified: bool


def back_up(
    settings: Settings, destination: Path, *, with_key: bool = True, verify: bool = False, scratch: str | None = None
) -> Made:
    """Write a backup to a new file, or under a name of its own into a folder; work goes on meanwhile."""
    began = time.monotonic()
    if destination.exists() and not destination.is_dir():
        raise Conflict(_("%(path)s exists. Name another file, or a folder.", path=str(destination)))
    if not destination.parent.is_dir():
        raise DomainError(_("There is no folder %(path)s.", path=str(destination.parent)))
    folder = destination if destination.is_dir() else destination.parent
    with archive.scratch(folder) as room:
        fresh = room / "backup.part"
        manifest = _write(settings, fresh, room, with_key, with_digests=verify)
        if verify:
            _verify(settings, fresh, room, scratch)
        path = _free_name(destination, manifest) if destination.is_dir() else destination
        archive.publish(fresh, path)
    return Made(path, manifest, path.stat().st_size, round(time.monotonic() - began, 1), verify)


def _free_name(folder: Path, manifest: Manifest) -> Path:
    """A name after the moment; a clock that was set back may bring a moment twice."""
    stem = f"gridcrm-{manifest.moment:%Y%m%dT%H%M%SZ}"
    path, number = folder / f"{stem}{SUFFIX}", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}{SUFFIX}", number + 1
    return path


def _write(settings: Settings, fresh: Path, room: Path, with_key: bool, with_digests: bool) -> Manifest:
    key = settings.instance / KEY
    has_key = with_key and key.is_file() and key.read_text().strip() == settings.secret_key
    with archive.writing(fresh) as writer:
        _add_files(settings, writer)
        if settings.is_sqlite:
            kind, version = "sqlite", ""
            part, tables = embedded.dump(_live(settings), room, with_digests)
        else:
            kind, version = "postgresql", postgres.server_version(settings.database_url)
            part, tables = postgres.dump(settings.database_url, room, with_digests)
        writer.add(part.name, part)
        part.unlink()
        _add_files(settings, writer)  # what was uploaded meanwhile: the register may already know of it
        if has_key:
            writer.add(FILES + KEY, key)
        manifest = Manifest(
            made_at=present_moment(),
            program=program_version(),
            database=kind,
            database_version=version,
            revision=migrate.current(database().engine),
            tables=tables,
            parts=writer.parts,
            key=fingerprint(settings.secret_key),
            has_key=has_key,
        )
        writer.close_with(manifest)
    return manifest


def _live(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _add_files(settings: Settings, writer: archive.Writer) -> None:
    """Put in what lies in the instance and cannot be made again."""
    for name, path in _files(settings.instance):
        if FILES + name not in writer.parts:
            try:
                writer.add(FILES + name, path)
            except FileNotFoundError:  # imported meanwhile, and so deleted
                continue


def _files(instance: Path) -> Iterator[tuple[str, Path]]:
    for folder in KEPT_FOLDERS:
        for path in sorted((instance / folder).rglob("*")):
            name = path.relative_to(instance).as_posix()
            if path.is_file() and not path.is_symlink() and not name.startswith(LEFT_OUT):
                yield name, path


def _verify(settings: Settings, fresh: Path, room: Path, scratch: str | None) -> None:
    """Restore into a place of its own and compare every table, row by row, with what the register held."""
    with archive.reading(fresh) as (opened, manifest):
        folder = room / "verify"
        archive.extract(opened, manifest, folder)
    if settings.is_sqlite:
        found = embedded.contents_of(folder / embedded.PART, with_digests=True)
    else:
        with postgres.scratch_database(settings.database_url, scratch) as url:
            postgres.load(folder / postgres.PART, url, manifest.tables)
            found = postgres.contents_of(url)
    _compare(manifest.tables, found)


def _compare(wanted: dict[str, Contents], found: dict[str, Contents]) -> None:
    differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if differing:
        raise DomainError(_("The backup is not what the register holds: %(tables)s.", tables=", ".join(differing)))


def forget_older(folder: Path, newest: Path, keep: int) -> list[Path]:
    """Delete the oldest backups that were named by gridcrm, beyond `keep`; the newest stays whatever the clock says."""
    others = sorted(path for path in folder.iterdir() if AUTOMATIC.fullmatch(path.name) and path != newest)
    gone = others[: max(0, len(others) + 1 - keep)]
    for path in gone:
        path.unlink()
    return gone


def holds_data(session: Session) -> bool:
    """Whether a restore would overwrite something."""
    return inspect(session.connection()).has_table("organisation_unit") and not is_empty(session)


@dataclass(frozen=True)
class Restored:
    """What was restored, and whether second factors and sessions can still be read."""

    manifest: Manifest
    key_fits: bool
    seconds: float


def restore(settings: Settings, source: Path, *, replace: bool = False) -> Restored:
    """Put a backup in the place of the register; until the last moment the old one stands."""
    began = time.monotonic()
    with archive.reading(source) as (opened, manifest):
        _refuse_unfit(settings, manifest)
        with database().sessions() as session:
            if holds_data(session) and not replace:
                raise Conflict(_("The register holds data. Say --replace to put the backup in its place."))
        with archive.scratch(settings.instance) as room:
            _restore(settings, opened, manifest, room)
    key_fits = manifest.has_key or manifest.key == fingerprint(settings.secret_key)
    return Restored(manifest, key_fits, round(time.monotonic() - began, 1))


def _refuse_unfit(settings: Settings, manifest: Manifest) -> None:
    kind = "sqlite" if settings.is_sqlite else "postgresql"
    if manifest.database != kind:
        raise DomainError(
            _("This is a backup of %(other)s; the register is in %(kind)s.", other=manifest.database, kind=kind)
        )
    if manifest.revision not in migrate.known():
        raise DomainError(
            _("The backup's schema %(revision)s is newer than this gridcrm. Install gridcrm %(version)s first.",
              revision=manifest.revision, version=manifest.program)
        )  # fmt: skip


def _restore(settings: Settings, opened: zipfile.ZipFile, manifest: Manifest, room: Path) -> None:
    archive.extract(opened, manifest, room)
    if settings.is_sqlite:
        copy = room / embedded.PART
        found = embedded.contents_of(copy, with_digests=False)
        _compare({name: Contents(held.rows) for name, held in manifest.tables.items()}, found)
        database().engine.dispose()
        embedded.load(copy, _live(settings), TAKE_UP)
    else:
        postgres.load(room / postgres.PART, settings.database_url, manifest.tables, TAKE_UP)
        migrate.upgrade(database().engine)
        grant_to_application(database().engine, settings.application_role)
    for name in manifest.parts:
        if name.startswith(FILES):
            target = settings.instance / name.removeprefix(FILES)
            target.parent.mkdir(parents=True, exist_ok=True)
            (room / name).replace(target)
