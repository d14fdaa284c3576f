"""Write today's description of the API to docs/openapi.json, unless that would break a client."""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.core.api.views import document  # noqa: E402
from app.core.settings import Settings  # noqa: E402
from tests.contract.breaking import breaks  # noqa: E402

COMMITTED = ROOT / "docs/openapi.json"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, create_app(Settings(instance=Path(folder))).app_context():
        today = json.loads(json.dumps(document()))
    if COMMITTED.exists() and "--anyway" not in sys.argv:
        broken = breaks(json.loads(COMMITTED.read_text("utf-8")), today)
        if broken:
            sys.exit("\n".join(["This would break clients (--anyway writes it all the same):", *broken]))
    COMMITTED.write_text(json.dumps(today, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
