"""The accessibility check of axe-core, as its findings about an open page."""

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RUN = """whole => axe
  .run(document, {iframes: false, resultTypes: ["violations"], rules: {"document-title": {enabled: whole}}})
  .then(found => found.violations)"""
GRAVE = ("serious", "critical")


def is_there() -> bool:
    """Whether set-up brought axe-core (scripts/frontend --dev)."""
    return SOURCE.is_file()


def grave_findings(page: Page) -> list[str]:
    """The serious and the critical findings in every frame of the page: rule, what it concerns, and why.

    A frame within the page is named by its element; only the page itself needs a title.
    """
    found = []
    for frame in page.frames:
        frame.evaluate(SOURCE.read_text("utf-8") + ";null")
        for violation in frame.evaluate(RUN, frame == page.main_frame):
            if violation["impact"] in GRAVE:
                nodes = "; ".join(f"{node['html'][:160]} ({_cause(node)})" for node in violation["nodes"][:3])
                found.append(f"{violation['id']}: {nodes}")
    return found


def _cause(node: dict) -> str:
    return str(next(iter(node["any"] + node["all"] + node["none"]), {}).get("message", ""))
