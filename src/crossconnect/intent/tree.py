"""A region's tree of files, read into one `Region`.

    directory --files--> {name: octets} --decode_tree--> records + findings --merge--> Region + places

Only `read_files` touches the file system; the rest is a function of the files' contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from crossconnect.finding import Finding, Place, Severity, found, has_errors
from crossconnect.intent import codes
from crossconnect.intent.decode import decode
from crossconnect.intent.document import Document
from crossconnect.intent.extra import extra_file
from crossconnect.intent.files import KINDS, REGION_FILE, is_extra, read_files, select
from crossconnect.intent.gaps import Gap, unread_of
from crossconnect.intent.gateway_nodes import with_gateway_nodes
from crossconnect.intent.loader import load
from crossconnect.intent.lock import Lock
from crossconnect.intent.places import Places
from crossconnect.intent.validate import validate
from crossconnect.model.device import ExtraFile
from crossconnect.model.interface_names import NAMES
from crossconnect.model.region import Region, RegionFile

_PLACEHOLDER: dict[str, Any] = {"format": 1, "name": "", "sites": [], "pools": []}
"""What a region.yaml with mistakes is completed by, so that the rest of the tree can still be looked at."""


def read_region(root: Path, previous: Lock | None = None) -> tuple[Region | None, tuple[Finding, ...]]:
    """Read the region whose tree is at `root`, with everything there is to say about it.

    The region is None when there is any error; the findings then include what validation sees on the parts that could
    be read, its leaves numbered as the previous lock has them. Without errors, validation is the caller's next step
    (`validate`).
    """
    contents, findings = read_files(root)
    return _region(contents, findings, previous)


def read_region_from_texts(
    texts: Mapping[str, str], previous: Lock | None = None
) -> tuple[Region | None, tuple[Finding, ...]]:
    """The same for a tree given as texts by file name relative to the region's directory.

    Octets that were no UTF-8 may come as surrogates (`surrogateescape`), and are reported as in a file.
    """
    names, odd = select(texts)
    return _region({name: _octets(texts[name]) for name in names}, odd, previous)


def _octets(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _region(
    contents: Mapping[str, bytes], earlier: tuple[Finding, ...], previous: Lock | None
) -> tuple[Region | None, tuple[Finding, ...]]:
    findings = list(earlier)
    if REGION_FILE not in contents:
        if not has_errors(findings):
            findings.append(found(codes.NO_REGION, Place(file=REGION_FILE), "there is no region.yaml"))
        return None, tuple(findings)
    region = _merged(contents, findings)
    if has_errors(findings):
        # A malformed value that its record cannot do without is still there: nothing more is said of it.
        said = {_position(f) for f in findings if f.place.line}
        findings += (f for f in validate(region, previous) if _position(f) not in said)
    findings.sort(key=Finding.sort_key)
    return None if has_errors(findings) else region, tuple(findings)


def _position(finding: Finding) -> tuple[str, int, int]:
    return finding.place.file, finding.place.line, finding.place.column


def _merged(contents: Mapping[str, bytes], findings: list[Finding]) -> Region:
    """One region of all files; what could not be read is missing, which `unread` says."""
    documents: list[Document] = []
    lists: dict[str, list[Any]] = {}
    region_file = msgspec.convert(_PLACEHOLDER, RegionFile)
    gaps = [_unread_file(finding.place) for finding in findings if finding.severity is Severity.ERROR]
    extras: list[ExtraFile] = []
    for name in sorted(contents, key=lambda name: (name != REGION_FILE, name)):
        text = _text(name, contents[name], findings)
        if is_extra(name):
            extras += extra_file(name, text, findings)
            continue
        if text is None:
            gaps.append(_unread_file(Place(file=name)))
            continue
        record = KINDS[PurePosixPath(name).parts[0]]
        document, said = load(name, text)
        findings += said
        decoded, missing, said = decode(document, record)
        findings += said
        gaps += missing
        if decoded is None and record is RegionFile and isinstance(document.value, dict):
            document.value = {**_PLACEHOLDER, **document.value}
            decoded = msgspec.convert(document.value, record)
        if decoded is None:
            continue
        documents.append(document)
        if isinstance(decoded, RegionFile):
            region_file = decoded
        else:
            for field in decoded.__struct_fields__:
                if items := getattr(decoded, field):
                    lists.setdefault(field, []).extend(items)
    region = Region(
        name=region_file.name,
        sites=region_file.sites,
        asns=region_file.asns,
        pools=region_file.pools,
        design=region_file.design,
        management=region_file.management,
        platforms=region_file.platforms,
        moved=region_file.moved,
        places=Places(tuple(documents)),
        unread=unread_of(gaps),
        interface_names=NAMES,
        extras=tuple(extras),
        **{field: tuple(items) for field, items in lists.items()},
    )
    return with_gateway_nodes(region)


def _unread_file(place: Place) -> Gap:
    """All that a file or directory would have said."""
    return Gap(KINDS.get(place.file.split("/")[0], Region), place, "")


def _text(name: str, content: bytes, findings: list[Finding]) -> str | None:
    """The text of a file, or None with a finding when it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        hint = ""
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            hint = "The file is UTF-16; save it as UTF-8."
        findings.append(
            found(
                codes.FILE_ENCODING,
                Place(file=name, line=line, column=column),
                f"{name} is not UTF-8: octet 0x{content[error.start]:02x} cannot stand here",
                hint=hint,
            )
        )
        return None
