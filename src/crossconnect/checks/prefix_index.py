"""Which of many prefixes cover another: one dictionary look-up per prefix length in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crossconnect.net import parse


class PrefixIndex:
    """Prefixes with what they stand for; several values under one prefix are kept in order."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        """Of (prefix, value) pairs."""
        table: dict[tuple[int, int, int], list[str]] = {}
        for prefix, value in items:
            parsed = parse(prefix)
            table.setdefault((parsed.version, parsed.length, parsed.value & ~parsed.host_mask), []).append(value)
        self._table: Mapping[tuple[int, int, int], list[str]] = table
        self._lengths = sorted({(version, length) for version, length, _ in table})
        self._known: dict[str, tuple[str, ...]] = {}

    def covering(self, prefix: str) -> tuple[str, ...]:
        """Values of all prefixes that cover `prefix`, itself included, the widest first."""
        known = self._known.get(prefix)
        if known is None:
            known = self._known[prefix] = self._find(prefix)
        return known

    def _find(self, prefix: str) -> tuple[str, ...]:
        parsed = parse(prefix)
        bits = 32 if parsed.version == 4 else 128
        found: list[str] = []
        for version, length in self._lengths:
            if version == parsed.version and length <= parsed.length:
                shift = bits - length
                found += self._table.get((version, length, parsed.value >> shift << shift), ())
        return tuple(found)
