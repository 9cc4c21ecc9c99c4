"""Who may use which words: the logical network of the cloud has none of OVN's."""

from __future__ import annotations

import re
from pathlib import Path

LOGICAL = Path(__file__).resolve().parents[2] / "src" / "crossconnect" / "cloud" / "logical"
OF_OVN = re.compile(r"Logical_|external_ids|nexthop|inport|outport|[a-z]+-lport|allow-related|uuid_of|features")


def test_the_logical_network_has_no_word_of_ovns() -> None:
    """No table, column, match or option, and no question what its schema can."""
    found = [
        f"{module.name}:{number} {word.group()}"
        for module in sorted(LOGICAL.glob("*.py"))
        for number, line in enumerate(module.read_text().splitlines(), 1)
        for word in OF_OVN.finditer(line)
    ]
    assert list(LOGICAL.glob("*.py"))
    assert not found
