"""The table of docs/roles.md: who reaches what, by route."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.access import Permission
from tests.integration.access.scene import WHO

PAGE = Path(__file__).resolve().parents[3] / "docs/roles.md"
YES, OWN, NO = "yes", "own", "–"
WORDS = {
    "nobody": "未登录 nobody",
    "manager": "客户经理 manager",
    "supervisor": "主管 supervisor",
    "hotline": "热线坐席 hotline",
    "clerk": "打印员 clerk",
    "administrator": "管理员 administrator",
    "auditor": "审计员 auditor",
}

HEAD = """# 谁能做什么 · Who may do what

本页由测试生成：`tests/integration/access` 以每个角色调用每个地址，一次在辖区内，一次在辖区外。
改动后用 `make roles` 重新生成。

This page is made by a test that calls every address as every role, within its reach and beyond. `make roles` makes it
again.

- `yes`：可以，不限范围。Allowed, wherever it lies, or of oneself where there is no place in it.
- `own`：只限自己的范围，范围外一律答 404。客户经理是自己的网格，其他角色是所授权的单位及其下级；
  任务、打印、导入只属于提交人。
  Within one's own reach; beyond it the answer is 404. That is the beat of a customer manager, the unit of any other
  role; jobs, prints and imports are their asker's.
- `–`：不可以。Not allowed.

测试中，客户经理、主管、打印员、管理员属于一个供电所，热线坐席和审计员不限范围；一人可兼多个角色，权限取并集。

In the test the hotline agent and the auditor have no border, all others belong to one station. Whoever holds several
roles may do what any of them allows.
"""


@dataclass(frozen=True, order=True)
class Route:
    """An address, what it does, and what it asks for."""

    rule: str
    method: str
    endpoint: str
    words: str
    permission: Permission


def rendered(rows: Mapping[Route, Mapping[str, str]]) -> str:
    """The page, a table for each permission in the order of the permissions."""
    parts = [HEAD]
    for permission in Permission:
        chosen = sorted(route for route in rows if route.permission == permission)
        if chosen:
            parts.append(f"## {permission.value}\n")
            parts.append("| 地址 address | 作用 what it does | " + " | ".join(WORDS[who] for who in WHO) + " |")
            parts.append("| --- | --- |" + " :-: |" * len(WHO))
            for route in chosen:
                cells = " | ".join(rows[route][who] for who in WHO)
                parts.append(f"| `{route.method} {_plain(route.rule)}` | {route.words} | {cells} |")
            parts.append("")
    return "\n".join(parts)


def _plain(rule: str) -> str:
    """The pattern without its converters; the choices of an `any` would break the table."""
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"<\1>", rule)
