"""Nokia's YANG models of SR Linux 25.3 in libyang, for tests: `must` statements stripped, a 7220 IXR-D3's features.

`must` needs Nokia's own evaluator (functions and expressions that libyang does not know); what they would catch is
caught by the lint in `crossconnect.nos.srlinux.codes`.
"""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "yang" / "srlinux"
SHARED = (DATA, Path("/work/shared/data/yang/srlinux"))
MODULES = (
    "srl_nokia-common",
    "srl_nokia-aaa-types",
    "srl_nokia-linux",
    "srl_nokia-interfaces",
    "srl_nokia-if-ip",
    "srl_nokia-interfaces-lag",
    "srl_nokia-lacp",
    "srl_nokia-interfaces-vlans",
    "srl_nokia-interfaces-nbr",
    "srl_nokia-interfaces-nbr-evpn",
    "srl_nokia-interfaces-router-adv",
    "srl_nokia-interfaces-bridge-table",
    "srl_nokia-network-instance",
    "srl_nokia-network-instance-mtu",
    "srl_nokia-network-instance-leaking",
    "srl_nokia-bgp",
    "srl_nokia-bgp-evpn",
    "srl_nokia-bgp-vpn",
    "srl_nokia-bgp-ipvpn",
    "srl_nokia-bridge-table",
    "srl_nokia-static-routes",
    "srl_nokia-next-hop-groups",
    "srl_nokia-tunnel",
    "srl_nokia-tunnel-interfaces",
    "srl_nokia-routing-policy",
    "srl_nokia-policy-types",
    "srl_nokia-acl",
    "srl_nokia-bfd",
    "srl_nokia-micro-bfd",
    "srl_nokia-system",
    "srl_nokia-system-name",
    "srl_nokia-system-banner",
    "srl_nokia-system-info",
    "srl_nokia-system-network-instance",
    "srl_nokia-system-network-instance-bgp-vpn",
    "srl_nokia-system-network-instance-bgp-evpn-ethernet-segments",
    "srl_nokia-ntp",
    "srl_nokia-lldp",
    "srl_nokia-logging",
    "srl_nokia-aaa",
    "srl_nokia-aaa-password",
    "srl_nokia-aaa-tacacs",
    "srl_nokia-aaa-radius",
    "srl_nokia-ssh",
    "srl_nokia-grpc",
    "srl_nokia-netconf-server",
    "srl_nokia-system-snmp",
    "srl_nokia-sflow",
    "srl_nokia-ipfix",
    "srl_nokia-tls",
    "srl_nokia-mtu",
    "srl_nokia-configuration-role",
    "srl_nokia-keychains",
)
OTHER_PLATFORMS = re.compile(r"^(platform-|ac5x|fpcx|jericho|qumran|tomahawk|trident|ixr-dnx|disabled|future|chassis)")
OURS = {"trident3", "platform-7220-d3", "fixed"}
_BLOCK = re.compile(r"\bmust\s+(?:\"(?:[^\"\\]|\\.)*\"|'[^']*')(?:\s*\+\s*(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'))*\s*")


def without_must(text: str) -> str:
    """A module's text without its `must` statements and what is in them."""
    out: list[str] = []
    at = 0
    for match in _BLOCK.finditer(text):
        if match.start() < at:
            continue
        out.append(text[at : match.start()])
        at = match.end()
        if text[at : at + 1] == ";":
            at += 1
        elif text[at : at + 1] == "{":
            at = _closing(text, at)
    return "".join((*out, text[at:]))


def _closing(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        char = text[at]
        if char in "\"'":
            end = at + 1
            while text[end] != char:
                end += 2 if text[end] == "\\" and char == '"' else 1
            at = end
        depth += (char == "{") - (char == "}")
        at += 1
        if depth == 0:
            return at
    raise ValueError("unbalanced")


@functools.cache
def context() -> Any:
    """The models, loaded once. Skips the test by name where libyang or the data is missing."""
    libyang = pytest.importorskip("libyang")
    root = next((path for path in SHARED if path.is_dir()), None)
    if root is None:
        pytest.skip("no SR Linux YANG models in ../shared/data/yang/srlinux")
    target = Path(tempfile.mkdtemp(prefix="srlinux-yang-"))
    for file in root.rglob("*.yang"):
        (target / file.name).write_text(without_must(file.read_text()))
    found = libyang.Context(str(target))
    text = (target / "srl_nokia-features.yang").read_text()
    words = re.findall(r"^\s*feature\s+([\w-]+)\s*(?:;|\{(?!\s*if-feature))", text, re.M)
    found.parse_module_str(text, features=[f for f in words if f in OURS or not OTHER_PLATFORMS.match(f)])
    for module in MODULES:
        found.load_module(module)
    return found


def with_secrets(text: str) -> str:
    """A text with words where secrets belong: those of `xc-secret-...` are too long for some of the models."""
    return re.sub(r"xc-secret-[A-Za-z0-9:/._~%-]+", "secret12345", text)


def errors(text: str) -> list[str]:
    """What is wrong with a JSON configuration by the models; empty where nothing is."""
    libyang = pytest.importorskip("libyang")
    try:
        context().parse_data_mem(text, "json", strict=True, no_state=True, validate_present=True).free()
    except libyang.LibyangError as error:
        return [str(error)]
    return []


STATE_MODULES = (
    "srl_nokia-rib-bgp",
    "srl_nokia-bridge-table-mac-table",
    "srl_nokia-tunnel-interfaces-vxlan-interface-bridge-table",
    "srl_nokia-tunnel-interfaces-vxlan-interface-bridge-table-multicast-destinations",
)


def state_errors(text: str) -> list[str]:
    """What is wrong with an answer about state by the models: members, types and places, not what refers to what."""
    libyang = pytest.importorskip("libyang")
    models = context()
    for module in STATE_MODULES:
        models.load_module(module)
    try:
        models.parse_data_mem(text, "json", strict=True, parse_only=True).free()
    except libyang.LibyangError as error:
        return [str(error)]
    return []
