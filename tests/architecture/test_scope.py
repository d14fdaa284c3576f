"""What is read of people is read within somebody's scope."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLICES = ("customers", "lookup", "assignment", "beats", "cards")
PERSONAL = {"Customer", "CustomerPhone", "SpecialCare", "Account"}
EXCEPTIONS = {
    "customers.queries.customer_id_of_account": "turns a number into an id for the auditor's search; shows nothing",
    "customers.search.index_accounts": "writes the index of what an import has changed; shows nothing",
}
"""Functions that read personal data without a scope, and why they may."""


def readers() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Public functions of the reading modules that name a model of personal data, themselves or by a private helper."""
    for path in (ROOT / f"app/{slice_}/{module}.py" for slice_ in SLICES for module in ("queries", "search")):
        if path.exists():
            functions = {node.name: node for node in ast.parse(path.read_text("utf-8")).body if _is_function(node)}
            for name, node in functions.items():
                if not name.startswith("_") and PERSONAL & _names(node, functions, set()):
                    yield f"{path.parent.name}.{path.stem}.{name}", node


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef)


def _names(node: ast.AST, functions: dict[str, ast.FunctionDef], seen: set[str]) -> set[str]:
    """What the body names, and what the private functions that it calls name; what is only a type does not count."""
    body = node.body if isinstance(node, ast.FunctionDef) else [node]
    found = {each.id for part in body for each in ast.walk(part) if isinstance(each, ast.Name)}
    for name in (found & set(functions)) - seen:
        if name.startswith("_"):
            found |= _names(functions[name], functions, seen | {name})
    return found


def test_who_reads_personal_data_takes_a_scope() -> None:
    without = {
        name
        for name, node in readers()
        if "scope" not in {argument.arg for argument in node.args.args + node.args.kwonlyargs}
    }
    assert without - set(EXCEPTIONS) == set()


def test_exceptions_are_still_needed() -> None:
    assert set(EXCEPTIONS) - {name for name, _node in readers()} == set()
