"""The condition that a column is one of many numbers, which come as one parameter.

The text of the statement stays the same however many they are: it is put together once, planned once, and two thousand
numbers cost hardly more than two.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Boolean, SQLColumnExpression, Text, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Numbers(TypeDecorator[Collection[int]]):
    """Whole numbers as one parameter: an array on PostgreSQL, a list in JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """How the database takes them."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(BigInteger))

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        """The numbers as the database takes them."""
        numbers = list(value or ())
        return json.dumps(numbers) if dialect.name == "sqlite" else numbers


class OneOf(FunctionElement[bool]):
    """Whether a column is one of the numbers of a parameter; see `one_of`."""

    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite gets `... = 1`, and no index answers that


@compiles(OneOf)
def _in_array(condition: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    """As a subquery the array keeps its length from the planner, which else would plan anew for each length."""
    column, numbers = (compiler.process(clause, **options) for clause in condition.clauses)
    return f"{column} = ANY ((SELECT {numbers})::BIGINT[])"


@compiles(OneOf, "sqlite")
def _in_json(condition: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in condition.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"


def one_of(column: SQLColumnExpression[Any], numbers: BindParameter[Any] | Collection[int]) -> OneOf:
    """The condition; `numbers` are given, or come with the statement's parameters as one of `numbers_given`."""
    return OneOf(column, numbers if isinstance(numbers, BindParameter) else bindparam(None, numbers, Numbers()))


def numbers_given(name: str) -> BindParameter[Any]:
    """The parameter of that name, for a statement that is built once."""
    return bindparam(name, type_=Numbers())
