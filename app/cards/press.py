"""Cards to PDF and PNG: typst sets them by a template that the utility can edit."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Self

import typst
import zxingcpp
from flask_babel import gettext as _
from pypdf import PdfWriter

from app.cards.glyphs import Fonts
from app.cards.layouts import Printing
from app.cards.plan import Card, Face
from app.core.errors import DomainError
from app.grid.photos import media_type

HERE = Path(__file__).parent
PART_CARDS = 120
"""Cards that typst sets at once. It keeps what it has set of the last ten parts: 0.2 MB a card."""
PICTURES = (".svg", ".png", ".jpg", ".jpeg")

Slots = list[tuple[int, Card]]


class Press:
    """A folder in which typst finds template, data, QR drawings and photos; gone when the work is done."""

    def __init__(self, own: Path, fonts: Fonts, printing: Printing, common: dict[str, str]) -> None:
        """`own` is the utility's folder; `common` what stands on every card: utility, hotline, hours, public_url."""
        self.own, self.fonts, self.printing, self.common = own, fonts, printing, common
        self.photos: dict[int, str] = {}

    def __enter__(self) -> Self:
        self._scratch = tempfile.TemporaryDirectory(prefix="cards-")
        self.root = Path(self._scratch.name)
        shutil.copy(HERE / "sheet.typ", self.root)
        shutil.copy(template(self.own), self.root / "cards.typ")
        for path in self.own.glob("*"):
            if path.suffix.lower() in PICTURES:
                shutil.copy(path, self.root)
        return self

    def __exit__(self, *_error: object) -> None:
        self._scratch.cleanup()

    def add_photos(self, photos: dict[int, bytes]) -> None:
        """Keep the managers' photos at hand; what is neither PNG nor JPEG, or broken, is not printed."""
        for manager_id, photo in photos.items():
            kind = media_type(photo)
            if kind and _is_sound(photo):
                name = f"photo-{manager_id}.{kind.removeprefix('image/')}"
                (self.root / name).write_bytes(photo)
                self.photos[manager_id] = name

    def sheets(self, cards: Iterable[Card]) -> Iterator[Slots]:
        """The cards sheet by sheet, each with its place; the first sheet may be half-used."""
        cards, first = iter(cards), self.printing.start - 1
        while slots := list(zip(range(first, self.printing.layout.per_sheet), cards, strict=False)):
            yield slots
            first = 0

    def svg(self, cards: Iterable[Card]) -> bytes:
        """The first sheet as a drawing."""
        self._lay_out(list(islice(self.sheets(cards), 1)))
        return self._set(format="svg")

    def parts(self, cards: Iterable[Card]) -> Iterator[tuple[Path, int]]:
        """The cards as PDF files of some sheets each, and how many cards each holds."""
        per_part = max(1, PART_CARDS // self.printing.layout.per_sheet)
        sheets = self.sheets(cards)
        number = 0
        while part := list(islice(sheets, per_part)):
            path = self.root / f"part-{number:05}.pdf"
            self._lay_out(part)
            self._set(output=str(path), format="pdf", pdf_tags=False)
            yield path, sum(map(len, part))
            number += 1

    def _lay_out(self, sheets: Sequence[Slots]) -> None:
        faces: dict[Face, int] = {}
        pages = [
            [(slot, faces.setdefault(card.face, len(faces)), card.box, card.address) for slot, card in slots]
            for slots in sheets
        ]
        data = {
            "title": self.common["utility"],
            "fonts": list(self.fonts.families),
            "sheet": self.printing.sheet(),
            "faces": [self._face(face) for face in faces],
            "pages": pages,
        }
        (self.root / "cards.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")

    def _face(self, face: Face) -> dict[str, Any]:
        drawing = f"qr-{face.token}.svg"
        if not (self.root / drawing).exists():
            (self.root / drawing).write_text(qr(f"{self.common['public_url'].rstrip('/')}/c/{face.token}"), "utf-8")
        return {
            "utility": self.common["utility"],
            "station": face.station,
            "hotline": self.common["hotline"],
            "hours": self.common["hours"],
            "manager": face.manager,
            "phone": face.phone,
            "backup": {"name": face.backup, "phone": face.backup_phone} if face.backup else None,
            "supervision": face.supervision,
            "photo": self.photos.get(face.manager_id),
            "cell": face.cell,
            "qr": drawing,
        }

    def _set(self, **how: Any) -> Any:
        try:
            made = typst.compile(
                str(self.root / "sheet.typ"), root=str(self.root), font_paths=_fonts(self.fonts.files), **how
            )
        except typst.TypstError as error:
            message = _("The template cards.typ cannot be used: %(error)s")
            raise DomainError(message, error=error.diagnostic or error.message) from error
        return made[0] if isinstance(made, list) else made


def template(own: Path) -> Path:
    """The utility's template, else the packaged one."""
    edited = own / "cards.typ"
    return edited if edited.exists() else HERE / "cards.typ"


def qr(address: str) -> str:
    """A QR code as SVG: error correction M, a quiet zone of 4 modules.

    >>> qr("https://example.org/c/x").count("<svg")
    1
    """
    barcode = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return zxingcpp.write_barcode_to_svg(barcode)


def join(parts: Iterable[Path], out: Path) -> None:
    """One PDF of all parts."""
    writer = PdfWriter()
    for part in parts:
        writer.append(part)
    with out.open("wb") as file:
        writer.write(file)
    writer.close()


@lru_cache(maxsize=4)
def _fonts(files: tuple[Path, ...]) -> typst.Fonts:
    folders = sorted({str(path.parent) for path in files})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _is_sound(photo: bytes) -> bool:
    """Whether typst can read the picture: one broken photo must not stop a print."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "photo").write_bytes(photo)
        try:
            typst.Compiler(b'#image(read("photo", encoding: none))', root=folder).compile(format="svg")
        except typst.TypstError:
            return False
    return True
