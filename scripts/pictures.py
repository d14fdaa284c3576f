"""Take a picture of every page of the demo city, in both languages and three widths; keep some for the documents."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.browser.pages import PAGES, City, make_city, open_page, served, sign_in

HOUSEHOLDS = 40_000
WIDTHS = {"desk": (1280, 800), "tablet": (768, 1024), "phone": (390, 844)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
KEPT = {
    "start": ("start-zh-desk", 1000),
    "lookup": ("lookup-zh-desk", 700),
    "customer": ("customer-zh-desk", 1100),
    "phone": ("manager-zh-phone", 1300),
    "station": ("station-zh-desk", 1200),
    "district": ("bureau-zh-desk", 720),
    "cell": ("cell-zh-desk", 1100),
    "map": ("map-zh-desk", 800),
    "cards": ("cards-zh-desk", 1000),
    "import": ("imported-zh-desk", 640),
    "plan": ("plan-zh-desk", 800),
    "work": ("work-zh-desk", 800),
}
"""What the documents show: name, the picture, and how much of its height."""
COLOURS = 128


def keep(folder: Path, kept: Path) -> None:
    """Cut the documents' pictures to size and to few colours."""
    for name, (source, height) in KEPT.items():
        with Image.open(folder / f"{source}.png") as picture:
            top = picture.crop((0, 0, picture.width, min(picture.height, height))).convert("RGB")
            top.quantize(COLOURS, dither=Image.Dither.NONE).save(kept / f"{name}.png", optimize=True)


def photograph(browser: Browser, city: City, folder: Path, only: list[str]) -> None:
    """Every page, language and width as one PNG."""
    for language, locale in LANGUAGES.items():
        for width_name, (width, height) in WIDTHS.items():
            context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
            page = context.new_page()
            page.on("pageerror", lambda error: print("script error:", error))
            for login, pages in PAGES.items():
                wanted = [name for name in pages if not only or name in only]
                if wanted:
                    sign_in(page, city.address, login)
                for name in wanted:
                    open_page(page, city, login, name)
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=folder / f"{name}-{language}-{width_name}.png", full_page=True)
            context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/pictures"))
    parser.add_argument("--instance", type=Path, help="an instance folder that already holds the demo city")
    names = [name for pages in PAGES.values() for name in pages]
    parser.add_argument("--keep", type=Path, help="where the pictures of the documents go, such as docs/pictures")
    parser.add_argument("pages", nargs="*", help=f"only these: {', '.join(names)}")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        instance = arguments.instance or Path(scratch)
        if arguments.instance is None:
            make_city(instance, HOUSEHOLDS)
        chromium = os.environ.get("GRIDCRM_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with served(instance, browser) as city:
            photograph(browser, city, arguments.out, arguments.pages)
        browser.close()
    if arguments.keep:
        keep(arguments.out, arguments.keep)
    print(arguments.out)


if __name__ == "__main__":
    main()
