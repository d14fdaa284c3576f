"""One file that holds a whole backup, and appears only when it is whole."""

import fcntl
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flask_babel import gettext as _

from app.core.errors import Conflict, DomainError
from app.operations.backup.manifest import ENTRY, FORM, Manifest

BLOCK = 1 << 20
OWNER_ONLY = 0o600


class Writer:
    """An archive that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.parts: dict[str, str] = {}

    def add(self, name: str, path: Path) -> None:
        """Put a file in under that name, and remember its hash."""
        digest = hashlib.sha256()
        entry = zipfile.ZipInfo.from_file(path, name)
        entry.compress_type = zipfile.ZIP_STORED if path.suffix in (".dump", ".pdf", ".xlsx") else zipfile.ZIP_DEFLATED
        with path.open("rb") as source, self._archive.open(entry, "w", force_zip64=True) as target:
            while block := source.read(BLOCK):
                digest.update(block)
                target.write(block)
        self.parts[name] = digest.hexdigest()

    def close_with(self, manifest: Manifest) -> None:
        """Write the manifest, the last part."""
        self._archive.writestr(ENTRY, manifest.to_json())


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder for what is not whole yet, on the same disk; what somebody who was killed left there goes first."""
    path = folder / ".gridcrm-scratch"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Conflict(_("Another backup or restore is at work in %(folder)s.", folder=str(folder))) from error
    try:
        _empty(path)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write an archive that only its owner can read, to the last byte on the disk."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w", compresslevel=1) as archive:
            yield Writer(archive)
        file.flush()
        os.fsync(file.fileno())


def publish(fresh: Path, path: Path) -> None:
    """Give a whole archive its name, in the same folder tree, unless that is taken."""
    try:
        os.link(fresh, path)
    except FileExistsError as error:
        raise Conflict(_("%(path)s exists. Name another file, or a folder.", path=str(path))) from error
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def reading(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open an archive and its manifest; says so where the file is no whole backup."""
    broken = _("%(path)s is no whole backup of gridcrm.", path=str(path))
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise DomainError(_("There is no file %(path)s.", path=str(path))) from error
    except (zipfile.BadZipFile, OSError) as error:
        raise DomainError(broken) from error
    with archive:
        try:
            manifest = Manifest.from_json(archive.read(ENTRY))
        except (AttributeError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise DomainError(broken) from error
        if manifest.form > FORM:
            raise DomainError(_("This backup was made by a newer gridcrm (%(version)s).", version=manifest.program))
        yield archive, manifest


def extract(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> None:
    """Write all parts below `folder`, each checked against its hash."""
    for name, wanted in manifest.parts.items():
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise DomainError(_("The backup is damaged: %(part)s is not what was written.", part=name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if _copy(archive, name, target) != wanted:
            raise DomainError(_("The backup is damaged: %(part)s is not what was written.", part=name))


def _copy(archive: zipfile.ZipFile, name: str, target: Path) -> str:
    """Write one part to a file of its own; returns its hash, or "" where it cannot be read."""
    digest = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        try:
            with archive.open(name) as source:
                _pour(source, file, digest)
        except (KeyError, zipfile.BadZipFile, EOFError, zlib.error):
            return ""
    return digest.hexdigest()


def _pour(source: IO[bytes], target: IO[bytes], digest: "hashlib._Hash") -> None:
    while block := source.read(BLOCK):
        digest.update(block)
        target.write(block)
