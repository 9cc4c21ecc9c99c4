"""What is rendered for Junos is in Juniper's YANG models, statement by statement."""

from __future__ import annotations

import pytest
from junos_yang import error, errors

from crossconnect.nos.lines import flat_lines
from crossconnect.nos.registry import system
from nos_region import cases


@pytest.mark.parametrize("case", cases("junos"))
def test_every_statement_is_known(case: str) -> None:
    tree = system("junos").trees(cases("junos")[case])["junos.conf"]
    assert isinstance(tree, tuple)
    assert errors(flat_lines(tree)) == []


@pytest.mark.parametrize(
    "line",
    [
        "routing-instances red instance-kind vrf",
        "protocols bgp group fabric neighbor 10.0.0.1 peer-asn 65000",
        "interfaces et-0/0/0 unit 0 family inet adress 10.0.0.0/31",
        "protocols bgp group fabric hold-time",
    ],
)
def test_a_statement_that_does_not_exist_is_caught(line: str) -> None:
    assert error(line)
