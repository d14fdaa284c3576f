"""The commands that the page of the API shows."""

import json
import re
from typing import Any

IN_PATH = {"code": "JB-001", "number": "JL0000001", "account_id": "1", "job_id": "1", "import_id": "1", "plan_id": "1"}
FORM = "-F kind=customers -F file=@customers.csv"


def curl(root: str, path: str, method: str, operation: dict[str, Any]) -> str:
    """How to ask for an operation from a shell."""
    names = {parameter["name"] for parameter in operation["parameters"]}
    shown = ((each["name"], each["schema"].get("example")) for each in operation["parameters"])
    asked = next((f"?{name}={example}" for name, example in shown if example), "")
    address = re.sub(r"{(\w+)}", lambda name: IN_PATH.get(name[1], name[1]), path) + asked
    parts = ["curl", "" if method == "get" else f"-X {method.upper()}", '-H "Authorization: Bearer $TOKEN"']
    parts.append("-H 'If-Match: \"…\"'" if "If-Match" in names else "")
    parts.append('-H "Idempotency-Key: $(uuidgen)"' if "Idempotency-Key" in names else "")
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        said = json.dumps(body.get("example", {}), ensure_ascii=False)
        parts.append(f"-H 'Content-Type: {kind}' -d '{said}'" if kind == "application/json" else FORM)
    return " ".join(filter(None, [*parts, f"'{root}{address}'"]))


def first_steps(root: str) -> str:
    """The first two lines that anybody types."""
    look = {"parameters": [{"name": "q", "schema": {"example": "13800000000"}}]}
    return f"export TOKEN=gridcrm_…\n{curl(root, '/api/v1/lookup', 'get', look)}"
