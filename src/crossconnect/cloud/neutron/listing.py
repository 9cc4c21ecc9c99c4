"""Lists as Neutron's clients ask for them: filters, fields, sorting, pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crossconnect.cloud.neutron.errors import bad

Json = dict[str, Any]
Values = Mapping[str, Sequence[str]]
WORDS = frozenset({"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"})
"""Parameters that are no filters."""
_TAGS: Mapping[str, Callable[[set[str], set[str]], bool]] = {
    "tags": lambda has, asked: asked <= has,
    "tags-any": lambda has, asked: bool(asked & has),
    "not-tags": lambda has, asked: not asked <= has,
    "not-tags-any": lambda has, asked: not asked & has,
}


class Pages:
    """How much of a list is asked for, and from where."""

    def __init__(self, query: Values) -> None:
        """Raises Refused for what is none."""
        text = (query.get("limit") or ["0"])[0]
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise bad(f"limit must be an integer >= 0, not {text[:40]!r}", "limit")
        self.limit = int(text)
        self.marker = (query.get("marker") or [""])[0]
        self.reverse = (query.get("page_reverse") or ["false"])[0].lower() == "true"
        self.keys = list(query.get("sort_key", ()))
        ways = [word.lower() for word in query.get("sort_dir", ())]
        if wrong := [way for way in ways if way not in ("asc", "desc")]:
            raise bad(f"sort_dir is asc or desc, not {wrong[0][:40]!r}", "sort_dir")
        self.descending = [way == "desc" for way in ways]

    @property
    def plain(self) -> bool:
        """Whether it is a page in the order of ids."""
        return bool(self.limit) and not self.reverse and self.keys in ([], ["id"]) and not any(self.descending)


def matching(rows: Sequence[Json], query: Values, known: Sequence[str]) -> Sequence[Json]:
    """Rows that all filters let through. Refused (400) for a filter on what the resource does not have."""
    for name, values in query.items():
        if name in WORDS:
            continue
        if name in _TAGS:
            asked = {word for value in values for word in value.split(",")}
            rows = [row for row in rows if _TAGS[name](set(row["tags"]), asked)]
        elif name == "fixed_ips" and "fixed_ips" in known:
            rows = [row for row in rows if _has_address(row, values)]
        elif name in known:
            wanted = {value.lower() for value in values}
            rows = [row for row in rows if _matches(row.get(name), wanted)]
        else:
            raise bad(f"[{name[:64]!r}] is invalid attribute for filtering", name[:64])
    return rows


def paged(rows: Sequence[Json], pages: Pages) -> Sequence[Json]:
    """The part that is asked for, sorted."""
    found = sorted(rows, key=lambda row: str(row["id"]))
    for n, key in reversed(list(enumerate(pages.keys))):
        if found and key not in found[0]:
            raise bad(f"sort_key {key[:64]!r} is no attribute", "sort_key")
        descending = pages.descending[n] if n < len(pages.descending) else False
        found.sort(key=lambda row, key=key: _order(row[key]), reverse=descending)
    if pages.reverse:
        found.reverse()
    if pages.marker:
        at = next((n for n, row in enumerate(found) if row["id"] == pages.marker), None)
        if at is None:
            raise bad(f"marker {pages.marker[:64]} could not be found", "marker")
        found = found[at + 1 :]
    if pages.limit:
        found = found[: pages.limit]
    if pages.reverse:
        found.reverse()
    return found


def with_fields(row: Json, query: Values) -> Json:
    """The attributes that are asked for; all where none is."""
    wanted = query.get("fields")
    return {name: row[name] for name in wanted if name in row} if wanted else row


def _matches(value: Any, wanted: set[str]) -> bool:
    if isinstance(value, list):
        return any(str(item).lower() in wanted for item in value)
    return ("" if value is None else str(value).lower()) in wanted


def _has_address(row: Json, values: Sequence[str]) -> bool:
    """`ip_address=...`, `subnet_id=...`, `ip_address_substr=...`: values of one kind are alternatives."""
    asked: dict[str, set[str]] = {}
    for value in values:
        name, _, text = value.partition("=")
        if name not in ("ip_address", "subnet_id", "ip_address_substr"):
            raise bad(f"fixed_ips is ip_address=, ip_address_substr= or subnet_id=, not {value[:64]!r}", "fixed_ips")
        asked.setdefault(name, set()).add(text)
    for address in row["fixed_ips"]:
        exact = all(address[name] in asked[name] for name in ("ip_address", "subnet_id") if name in asked)
        parts = asked.get("ip_address_substr")
        if exact and (parts is None or any(part in address["ip_address"] for part in parts)):
            return True
    return False


def _order(value: Any) -> tuple[bool, str | int]:
    if isinstance(value, bool) or value is None or not isinstance(value, int):
        return (value is not None, str(value))
    return (True, value)
