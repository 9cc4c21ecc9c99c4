"""EOS beside pyavd: the same device, rendered by Arista's own templates, line by line and block by block.

What pyavd's schema has no word for is listed here, with what it is; anything else that only one of both writes fails.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import avd
import avd_services
import pytest

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.lines import Path, indented_tree, lines
from crossconnect.nos.registry import system
from nos_region import cases, mlag_cases

CASES = {name: device for name, device in (cases("eos") | mlag_cases("eos")).items() if "drained" not in name}
HEADERS = ("interface Ethernet", "interface Port-Channel", "interface Loopback", "interface Vlan", "interface Vxlan")
PAIR = ("mlag configuration", "spanning-tree", "no spanning-tree")
OURS_ONLY = (
    r"bgp bestpath (?:tie-break router-id|as-path multipath-relax)",
    r"bgp missing-policy direction (?:in|out) action deny",
    r"neighbor \S+ enforce-first-as",
    r"neighbor \S+ maximum-accepted-routes \d+",
    # pyavd writes hashed passwords only.
    r"neighbor \S+ password 0 xc-secret-\S+",
)
TEMPLATES = "_jinja2_module_templates_"
"""How the modules begin that jinja2 keeps of compiled templates, by a weak proxy, until their loader is collected."""


@pytest.fixture(autouse=True)
def no_module_is_left() -> Iterator[None]:
    """Every text by pyavd leaves a module in `sys.modules` that dies at some later moment. Hypothesis reads modules for
    constants, and ended with ReferenceError where one died under its eyes, in whatever test came next."""
    yield
    for name in [name for name in sys.modules if name.startswith(TEMPLATES)]:
        del sys.modules[name]


def compared(path: Path) -> bool:
    """Whether a line is of what `avd` translates."""
    return path[0].startswith(
        (*HEADERS, "router bgp", "vlan ", "vrf instance", "hostname", "service routing", *PAIR)
    ) or bool(re.match(r"(?:no )?ip(?:v6)? (?:routing|unicast-routing|virtual-router)", path[0]))


def same(path: Path) -> Path:
    """`network` stands below `router bgp` or below its address family, and means the same."""
    if path[-1].startswith("network ") and len(path) == 3:
        return (path[0], path[-1])
    return path


def theirs(device: DeviceConfiguration) -> set[Path]:
    pyavd = pytest.importorskip("pyavd", reason="pyavd is not installed")
    text: str = pyavd.get_device_config(avd.structured(device))
    return {same(path) for path in lines(indented_tree(text)) if compared(path)}


@pytest.mark.parametrize("case", sorted(CASES))
def test_pyavd_writes_the_same_lines_in_the_same_blocks(case: str) -> None:
    tree = system("eos").trees(CASES[case])["running-config.eos"]
    assert isinstance(tree, tuple)
    ours = {path for path in lines(tree) if compared(path)}
    expected = theirs(CASES[case])
    assert expected - ours == set()
    extra = {path for path in ours - expected if not any(re.fullmatch(p, path[-1]) for p in OURS_ONLY)}
    assert extra == set()


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_structured_half_is_valid_in_the_schema_of_pyavd(case: str) -> None:
    pyavd = pytest.importorskip("pyavd", reason="pyavd is not installed")
    result = pyavd.validate_structured_config(avd.structured(CASES[case]))
    assert not result.validation_result.violations


SERVICES = (
    "snmp-server",
    "no snmp-server",
    "sflow",
    "flow tracking",
    "ntp",
    "logging",
    "aaa",
    "ip route ",
    "management ",
    "interface Management",
)
NOT_IN_PYAVD = ("management api netconf",)


@pytest.mark.parametrize("case", sorted(CASES))
def test_pyavd_writes_the_same_management_plane(case: str) -> None:
    pyavd = pytest.importorskip("pyavd", reason="pyavd is not installed")
    written = avd_services.services(CASES[case])
    assert not pyavd.validate_structured_config(written).validation_result.violations
    text: str = pyavd.get_device_config(written)
    tree = system("eos").trees(CASES[case])["running-config.eos"]
    assert isinstance(tree, tuple)
    ours = {path for path in lines(tree) if path[0].startswith(SERVICES) and path[0] not in NOT_IN_PYAVD}
    expected = {path for path in lines(indented_tree(text)) if path[0].startswith(SERVICES)}
    filters = {path for path in ours if path[0].startswith("interface Management") and "access-group" in path[-1]}
    assert expected == ours - filters
