"""What is rendered for Junos is data of Juniper's YANG models, statement by statement and value by value."""

from __future__ import annotations

import pytest
from junos_yang import document, error

from crossconnect.nos.lines import flat_lines
from crossconnect.nos.registry import system
from nos_region import cases


@pytest.mark.parametrize("case", cases("junos"))
def test_the_tree_is_data_of_the_models(case: str) -> None:
    tree = system("junos").trees(cases("junos")[case])["junos.conf"]
    assert isinstance(tree, tuple)
    configuration = document(flat_lines(tree))["junos-qfx-conf-root:configuration"]
    assert configuration["junos-qfx-conf-system:system"]["host-name"] == cases("junos")[case].name


@pytest.mark.parametrize(
    "line",
    [
        "routing-instances red instance-kind vrf",
        "protocols bgp group fabric neighbor 10.0.0.1 peer-asn 65000",
        "interfaces et-0/0/0 unit 0 family inet adress 10.0.0.0/31",
        "protocols bgp group fabric hold-time",
        "interfaces et-0/0/0 mtu large",
        "protocols bgp group fabric neighbor 10.0.0.1 hold-time soon",
        "protocols bgp group fabric type outside",
        "policy-options policy-statement in term a from route-filter 10.0.0.0/8 nearly",
    ],
)
def test_a_statement_that_does_not_exist_is_caught(line: str) -> None:
    assert error(line)
