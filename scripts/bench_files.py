"""What is written for paper and screen: 1,000 cards whose QR codes decode, and the city's coverage map."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import folium
import zxingcpp
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cities import City, cities
from figures import Options, Row, alone

from app.cards.queries import Selection
from app.cards.service import print_cards, printing
from app.core.access import EVERYWHERE
from app.core.clock import today
from app.customers.models import MeterBox
from app.grid.queries import cells_frame
from app.maps.service import Extent, write

CARDS, PER_SHEET = 1_000, 10
CARDS_CEILING_S, MAP_CEILING_S = 3.0, 5.0
A4_AT_150_DPI, QR_PIXELS, SCAN_DPI = (1240, 1754), 200, 200


def seconds(run: Callable[[], object]) -> float:
    """The better of two, for the first also reads fonts and modules."""
    spent = []
    for _run in range(2):
        began = time.perf_counter()
        run()
        spent.append(time.perf_counter() - began)
    return min(spent)


def some_boxes(session: Session) -> tuple[str, ...]:
    """Boxes of a few stations that have a cell."""
    statement = select(MeterBox.number).where(MeterBox.cell_id.is_not(None)).order_by(MeterBox.id).limit(CARDS)
    return tuple(session.scalars(statement))


def as_pictures(boxes: tuple[str, ...], out: Path) -> None:
    """The peer: QR and number of each box, painted on bitmaps; no type, no template, no layout."""
    sheets = []
    for first in range(0, len(boxes), PER_SHEET):
        sheet = Image.new("L", A4_AT_150_DPI, 255)
        draw = ImageDraw.Draw(sheet)
        for slot, box in enumerate(boxes[first : first + PER_SHEET]):
            barcode = zxingcpp.create_barcode(f"https://example.org/c/{box}", zxingcpp.BarcodeFormat.QRCode)
            picture = Image.fromarray(zxingcpp.write_barcode_to_image(barcode)).resize((QR_PIXELS, QR_PIXELS))
            at = (80 + slot % 2 * 560, 60 + slot // 2 * 330)
            sheet.paste(picture, at)
            draw.text((at[0], at[1] + QR_PIXELS), box)
        sheets.append(sheet)
    sheets[0].save(out, save_all=True, append_images=sheets[1:])


def unread(pdf: Path, cards: int) -> int:
    """How many of the QR codes of the first page, rendered, do not decode to a card's address."""
    picture = pdf.with_suffix("")
    page = ("pdftoppm", "-r", str(SCAN_DPI), "-f", "1", "-l", "1", "-png", "-singlefile", str(pdf), str(picture))
    subprocess.run(page, check=True)
    found = zxingcpp.read_barcodes(Image.open(picture.with_suffix(".png")).convert("L"))
    return cards - sum("/c/" in code.text for code in found)


def of_city(city: City, folder: Path) -> Iterator[Row]:
    """The rows of one city."""
    pdf, page = folder / "cards.pdf", folder / "coverage.html"
    with city.register() as store, store.sessions() as session:
        boxes, frame = some_boxes(session), cells_frame(session, EVERYWHERE)
        spent = seconds(lambda: print_cards(session, EVERYWHERE, Selection(boxes=boxes), printing(), pdf))
        painted = seconds(lambda: as_pictures(boxes, folder / "painted.pdf"))
        there = {"database": city.database, "size": city.size}
        peer = "s, QR and number painted by pillow"
        what = f"{len(boxes):,} cards with QR"
        yield Row(what, spent, "s", at_most=CARDS_CEILING_S, **there, peer=peer, peer_value=painted)
        missing = float(unread(pdf, min(PER_SHEET, len(boxes))))
        yield Row("QR codes of a rendered page that do not decode", missing, "", at_most=0, **there)
        spent = seconds(lambda: write(session, EVERYWHERE, Extent(), today(), page))
        bare = seconds(lambda: plain_map(frame, folder / "plain.html"))
        peer = f"s, all corners by folium: {(folder / 'plain.html').stat().st_size / 1e6:.0f} MB"
        yield Row("coverage map of all cells", spent, "s", at_most=MAP_CEILING_S, **there, peer=peer, peer_value=bare)
        yield Row("its size", page.stat().st_size / 1e6, "MB", at_most=12, **there)


def plain_map(frame: object, out: Path) -> None:
    """The peer: the cells as they are stored, in a folium map."""
    drawn = folium.Map()
    folium.GeoJson(frame).add_to(drawn)
    drawn.save(str(out))


def rows(options: Options) -> list[Row]:
    with cities(options) as made, tempfile.TemporaryDirectory() as folder:
        return [row for city in made for row in of_city(city, Path(folder))]


if __name__ == "__main__":
    sys.exit(alone(__doc__, rows))
