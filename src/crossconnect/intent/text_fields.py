"""Which field of which record holds which kind of text, and the walk that makes them canonical.

Works on plain values, before records are made of them: there, a malformed text still has its place, and a canonical one
is put back without rebuilding anything.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent import texts
from crossconnect.intent.document import Document, Keys
from crossconnect.intent.texts import Kind
from crossconnect.model.device import Device, Link, Platform
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.policy import AsPathSet, CommunitySet, Match, Policy, PrefixSet, Set, Statement
from crossconnect.model.pool import Pool
from crossconnect.model.promise import Promise
from crossconnect.model.region import AsnPlan, DesignChoices, Management, Moved, RegionFile, Site
from crossconnect.model.server import Attachment, SegmentPort, Server, ServerGroup
from crossconnect.model.tenant import Segment, Tenant, Vrf

_NAME, _TEXT = texts.NAME, texts.DESCRIPTION

FIELDS: dict[type, dict[str, Kind]] = {
    RegionFile: {"name": _NAME, "description": _TEXT},
    Site: {"name": _NAME, "description": _TEXT},
    AsnPlan: {"range": texts.RANGE},
    Pool: {
        "name": _NAME,
        "prefix": texts.PREFIX,
        "range": texts.RANGE,
        "reserved": texts.RESERVED,
        "site": _NAME,
    },
    DesignChoices: {"anycast_gateway_mac": texts.MAC},
    Management: {
        "vrf": _NAME,
        "gateway": texts.ADDRESS,
        "ntp": texts.SERVER_ADDRESS,
        "syslog": texts.SERVER_ADDRESS,
    },
    Moved: {"old": texts.MODEL_PATH, "new": texts.MODEL_PATH},
    Platform: {
        "name": _NAME,
        "ports": texts.PLATFORM_PORTS,
        "uplinks": texts.PLATFORM_PORTS,
        "description": _TEXT,
    },
    Device: {"name": _NAME, "site": _NAME, "pod": _NAME, "rack": _NAME, "platform": _NAME, "nos": _NAME},
    Link: {"a": texts.DEVICE_PORT, "b": texts.DEVICE_PORT},
    NodeGroup: {"platform": _NAME, "nos": _NAME, "name": texts.pattern("pod", "n")},
    RackGroup: {
        "name": texts.pattern("pod", "n"),
        "leaf_name": texts.pattern("pod", "rack", "n"),
        "platform": _NAME,
        "nos": _NAME,
    },
    ServerGroup: {"name": texts.pattern("pod", "rack", "n")},
    Pod: {"name": _NAME, "site": _NAME},
    SuperSpineGroup: {
        "name": _NAME,
        "site": _NAME,
        "platform": _NAME,
        "nos": _NAME,
        "device_name": texts.pattern("name", "n"),
        "pods": _NAME,
    },
    SegmentPort: {"segment": texts.SEGMENT_REFERENCE, "addresses": texts.INTERFACE_ADDRESS},
    Attachment: {"port": texts.DEVICE_PORT},
    Server: {"name": _NAME, "mac": texts.MAC},
    Segment: {"name": _NAME, "gateways": texts.INTERFACE_ADDRESS, "leaves": _NAME, "description": _TEXT},
    Vrf: {"name": _NAME, "imports": texts.VRF_REFERENCE, "description": _TEXT},
    Tenant: {"name": _NAME, "description": _TEXT},
    Handoff: {
        "border": texts.DEVICE_PORT,
        "vrf": texts.VRF_REFERENCE,
        "local": texts.INTERFACE_ADDRESS,
        "remote": texts.ADDRESS,
        "import_policy": _NAME,
        "export_policy": _NAME,
        "password": texts.SECRET,
    },
    Peer: {"name": _NAME, "description": _TEXT, "announces": texts.PREFIX},
    PrefixSet: {"name": _NAME, "prefixes": texts.PREFIX_RULE},
    CommunitySet: {"name": _NAME, "communities": texts.COMMUNITY},
    AsPathSet: {"name": _NAME, "patterns": texts.AS_PATH_PATTERN},
    Match: {"prefix_set": _NAME, "community_set": _NAME, "as_path_set": _NAME},
    Set: {"communities_add": texts.COMMUNITY, "communities_remove": _NAME},
    Statement: {"name": _NAME},
    Policy: {"name": _NAME},
    Promise: {"name": _NAME, "source": texts.PROMISED, "destination": texts.PROMISED},
}


class _Plan(NamedTuple):
    """What to look at in a mapping that stands for a record."""

    texts: tuple[tuple[str, Kind], ...]
    records: tuple[tuple[str, _Plan], ...]


@functools.cache
def _plan(record: type) -> _Plan:
    nested: list[tuple[str, _Plan]] = []
    for name, hint in get_type_hints(record).items():
        inner = [arg for arg in (hint, *get_args(hint)) if isinstance(arg, type) and get_origin(arg) is None]
        nested += [(name, _plan(arg)) for arg in inner if issubclass(arg, msgspec.Struct)]
    return _Plan(tuple(FIELDS.get(record, {}).items()), tuple(nested))


def canonicalise(document: Document, record: type) -> list[Finding]:
    """Make the texts of a document canonical in place, and report those that are malformed.

    Values of another type than their field's are passed over; decoding reports them.
    """
    findings: list[Finding] = []
    _visit(document, document.value, _plan(record), (), findings)
    return findings


def _visit(document: Document, value: Any, plan: _Plan, at: Keys, findings: list[Finding]) -> None:
    if type(value) is not dict:
        return
    get = value.get
    for field, kind in plan.texts:
        text = get(field)
        if text is None or text == "":
            continue
        if type(text) is list:
            for index, item in enumerate(text):
                _settle(document, text, index, item, kind, (*at, field), findings)
        else:
            _settle(document, value, field, text, kind, at, findings)
    for field, inner in plan.records:
        child = get(field)
        if type(child) is list:
            for index, item in enumerate(child):
                _visit(document, item, inner, (*at, field, index), findings)
        elif child is not None:
            _visit(document, child, inner, (*at, field), findings)


def _settle(
    document: Document, holder: Any, key: str | int, text: Any, kind: Kind, at: Keys, findings: list[Finding]
) -> None:
    """Replace one text in its list or mapping by its canonical form, or report it."""
    if type(text) is not str:
        if not (kind.numbers and type(text) is int):
            return
        text = holder[key] = str(text)
    try:
        canonical = kind.canonical(text)
    except ValueError as error:
        place = document.place((*at, key))
        findings.append(found(kind.code, place, f"{place.path}: {error}", expected=kind.expected))
        return
    if canonical != text:
        holder[key] = canonical
