"""A setting that nobody can find is no setting."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r'\b_(?:text|number|secret)\("([A-Z_]+)"|"GRIDCRM_([A-Z_]+)"')
SECRET = re.compile(r'\b_secret\("([A-Z_]+)"')


def test_every_setting_is_documented() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "app").rglob("*.py"))
    names = {f"GRIDCRM_{first or second}" for first, second in NAMED.findall(code)}
    names |= {f"GRIDCRM_{name}_FILE" for name in SECRET.findall(code)}
    documented = set(re.findall(r"GRIDCRM_\w+", (ROOT / "docs/settings.md").read_text("utf-8")))
    assert names == documented
