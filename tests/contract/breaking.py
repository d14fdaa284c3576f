"""What of a new OpenAPI document would break a client that was written against the old one."""

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
Json = dict[str, Any]


def breaks(old: Json, new: Json) -> list[str]:
    """Each break in words, with the place where it stands; empty where old clients go on working."""
    return list(_Comparison(old, new).paths())


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = old, new
        self.seen: set[tuple[int, int, bool]] = set()

    def paths(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            there = self.new["paths"].get(path)
            if there is None:
                yield f"{path}: the path is gone"
                continue
            for method in METHODS:
                if method in methods:
                    place = f"{method.upper()} {path}"
                    if method not in there:
                        yield f"{place}: the operation is gone"
                        continue
                    yield from self.operation(place, methods, there, method)

    def operation(self, place: str, old: Json, new: Json, method: str) -> Iterator[str]:
        before, after = old[method], new[method]
        if before.get("x-permission") != after.get("x-permission"):
            yield f"{place}: needs another permission"
        yield from self.parameters(place, _parameters(old, before), _parameters(new, after))
        yield from self.body(place, before.get("requestBody"), after.get("requestBody"))
        yield from self.responses(place, before["responses"], after["responses"])

    def parameters(self, place: str, old: Json, new: Json) -> Iterator[str]:
        for name, parameter in new.items():
            if parameter.get("required") and not old.get(name, {}).get("required"):
                yield f"{place}: the parameter {name} is required now"
        for name, parameter in old.items():
            if name not in new:
                yield f"{place}: the parameter {name} is gone"
            else:
                yield from self.schema(f"{place} {name}", parameter["schema"], new[name]["schema"], sent=True)

    def body(self, place: str, old: Json | None, new: Json | None) -> Iterator[str]:
        if new and new.get("required") and not old:
            yield f"{place}: a body is required now"
        yield from self.contents(f"{place} body", (old or {}).get("content", {}), (new or {}).get("content", {}), True)

    def responses(self, place: str, old: Json, new: Json) -> Iterator[str]:
        for status in old:
            if status < "300" and status not in new:
                yield f"{place}: it is no longer answered by {status}"
            elif status in new:
                before, after = self.resolved(self.old, old[status]), self.resolved(self.new, new[status])
                kinds = (before.get("content", {}), after.get("content", {}))
                yield from self.contents(f"{place} {status}", *kinds, sent=False)
                for header in set(before.get("headers", {})) - set(after.get("headers", {})):
                    yield f"{place} {status}: the header {header} is gone"

    def contents(self, place: str, old: Json, new: Json, sent: bool) -> Iterator[str]:
        for kind in old:
            if kind not in new:
                yield f"{place}: {kind} is gone"
            else:
                yield from self.schema(place, old[kind].get("schema", {}), new[kind].get("schema", {}), sent)

    def schema(self, place: str, old: Json, new: Json, sent: bool) -> Iterator[str]:
        """What a client sends may not be narrowed; what it is sent may not be widened, and keeps its fields."""
        old, new = self.resolved(self.old, old), self.resolved(self.new, new)
        if (id(old), id(new), sent) in self.seen:
            return
        self.seen.add((id(old), id(new), sent))
        lost, gained = _types(old) - _types(new), _types(new) - _types(old)
        if ("type" in new and (lost if sent else gained)) or ("type" in old and not sent and "type" not in new):
            yield f"{place}: the type is another, {new.get('type')} in place of {old.get('type')}"
        for value in old.get("enum", []):
            if value not in new.get("enum", [value]):
                yield f"{place}: the value {value!r} is gone"
        if sent:
            yield from _narrowed(place, old, new)
        yield from self.fields(place, old, new, sent)
        if "items" in old and "items" in new:
            yield from self.schema(f"{place}[]", old["items"], new["items"], sent)

    def fields(self, place: str, old: Json, new: Json, sent: bool) -> Iterator[str]:
        theirs = new.get("properties", {})
        for name, field in old.get("properties", {}).items():
            if name not in theirs:
                yield f"{place}.{name}: the field is gone"
            else:
                yield from self.schema(f"{place}.{name}", field, theirs[name], sent)
        demanded, promised = set(new.get("required", [])), set(old.get("required", []))
        for name in sorted(demanded - promised if sent else (promised - demanded) & set(theirs)):
            yield f"{place}.{name}: the field is {'required' if sent else 'no longer promised'} now"

    def resolved(self, document: Json, schema: Json) -> Json:
        while "$ref" in schema:
            found: Any = document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema


def _parameters(path: Json, operation: Json) -> Json:
    both = [*path.get("parameters", []), *operation.get("parameters", [])]
    return {f"{parameter['in']} {parameter['name']}": parameter for parameter in both}


def _types(schema: Json) -> set[str]:
    """The types that a value may have; a whole number is a number too."""
    told = schema.get("type", [])
    types = {told} if isinstance(told, str) else set(told)
    for one in schema.get("anyOf", []) if not types else []:
        types |= _types(one) or {"object"}
    return types | ({"integer"} if "number" in types else set())


def _narrowed(place: str, old: Json, new: Json) -> Iterator[str]:
    for bound in LOWER_BOUNDS:
        if new.get(bound, float("-inf")) > old.get(bound, float("-inf")):
            yield f"{place}: {bound} is {new[bound]} now"
    for bound in UPPER_BOUNDS:
        if new.get(bound, float("inf")) < old.get(bound, float("inf")):
            yield f"{place}: {bound} is {new[bound]} now"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{place}: the pattern is another"
    if "enum" in new and "enum" not in old:
        yield f"{place}: only some values are taken now"
    if "anyOf" in new and "anyOf" not in old:
        yield f"{place}: there is a new rule for the whole"
