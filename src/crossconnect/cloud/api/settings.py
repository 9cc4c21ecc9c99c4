"""What a region's repository says about its API: `cloud/api.yaml`, and Cedar policies in `cloud/policies/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from crossconnect.cloud.api.authorisation import DEFAULT_POLICIES, Policies
from crossconnect.cloud.api.rate import Limit
from crossconnect.cloud.api.token import Issuer
from crossconnect.cloud.region import SAMPLING_MAX, CloudRegion
from crossconnect.cloud.resource import Kind, Refused
from crossconnect.cloud.service.administration import check_quotas
from crossconnect.errors import BadInput
from crossconnect.finding import Finding, has_errors
from crossconnect.intent.decode import decode
from crossconnect.intent.loader import load
from crossconnect.net import overlaps, parse

API_FILE = "cloud/api.yaml"
POLICIES = "cloud/policies"


class ApiFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`cloud/api.yaml`: how the region's API is run."""

    listen: str = "127.0.0.1:8470"
    """Address and port. Anything but this machine's own should have TLS, here or in front."""
    database: str = "cloud.sqlite"
    """A file of SQLite, relative to the region's directory, or `postgresql://user@host/database`."""
    northbound: str = ""
    """OVN's northbound databases, `tcp:192.0.2.1:6641,tcp:192.0.2.2:6641,...`, `ssl:...` or `unix:nb.sock`; none:
    changes stay pending, until another process realises them."""
    southbound: str = ""
    """OVN's southbound databases, likewise; none: with an OVN before 26.03 health checks of appliances that route are
    not heard of."""
    dynamic_routing: bool = False
    """Whether OVN, where it can (25.03), writes what is to be announced into kernel routing tables of the gateway
    nodes, for routing daemons of one's own: of a router with number n into table 10000 + n, up to table 65535."""
    drop_log_rate: int = 1000
    """Logged drops, per second and chassis: what flow logs may cost a hypervisor."""
    drop_sampling: bool = False
    """Whether hypervisors export a record of each dropped packet of all VPCs, which names the logical flow that dropped
    it: with an OVN that has no samples of rules, instead of logs; with others, for what network ACLs do not let out."""
    packet_record_rate: int = 1000
    """Of packets that begin no connection, and of those that a network ACL lets in, flow logs of what is accepted
    record one in so many, with an OVN that has samples (24.09); 0: none. How a connection begins is always recorded."""
    public_prefixes: tuple[str, ...] = ()
    """IPv4 prefixes out of which elastic IPs are given; none: those of the provider network `internet`."""
    zones: tuple[str, ...] = ()
    """Availability zones; none: those in which the region has hypervisors, or else its sites."""
    quotas: dict[str, int] = {}
    """How many resources of a kind a project may have, where it has no quota of its own."""
    audit_days: int = 0
    """How many days a line of the audit record is kept; 0: for ever. Who has to keep lines longer reads them before,
    by `GET /v1/audit`, whose `cleared` says what is gone."""
    requests_per_second: float = 50.0
    """How many requests a project may make, in the long run, of one process."""
    burst: int = 200
    """How many at once."""
    issuers: tuple[Issuer, ...] = ()
    """Identity providers whose tokens are taken."""
    region_name: str = "RegionOne"
    """What clients of the OpenStack API call the region."""
    neutron: bool = True
    """Whether Neutron's API is served, too, at /neutron, with as much of Keystone's, at /identity, as clients need."""
    default_policies: bool = True
    """Whether the policies of the roles admin, member, reader, operator and auditor hold beside the region's own."""


def read_settings(root: Path) -> tuple[ApiFile | None, tuple[Finding, ...]]:
    """The file of the region at `root`, and what is wrong with it; all defaults where there is none."""
    path = root / API_FILE
    if not path.exists():
        return ApiFile(), ()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{API_FILE} cannot be read: {error}") from error
    document, findings = load(API_FILE, text)
    found, _, more = decode(document, ApiFile)
    findings = (*findings, *more)
    return (None if has_errors(findings) else found), findings


def read_policies(root: Path, settings: ApiFile) -> Policies:
    """The region's policies with the default ones; BadInput where one is wrong."""
    texts = {"default.cedar": DEFAULT_POLICIES} if settings.default_policies else {}
    for path in sorted((root / POLICIES).glob("*.cedar")):
        name = f"{POLICIES}/{path.name}"
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{name} cannot be read: {error}") from error
    if not texts:
        raise BadInput(f"no policies: default_policies is off, and {POLICIES}/ has none, so nobody may do anything")
    return Policies(texts)


def audit_days_of(settings: ApiFile) -> int:
    """How long the audit record is kept, in days; BadInput where it could not be."""
    if not 0 <= settings.audit_days <= 36_500:
        raise BadInput(f"{API_FILE}: audit_days is 0 (for ever) to 36,500")
    return settings.audit_days


def as_run(region: CloudRegion, settings: ApiFile) -> CloudRegion:
    """The region's cloud as the file wants it run; BadInput where it could not be."""
    if not 1 <= settings.drop_log_rate <= 1_000_000:
        raise BadInput(f"{API_FILE}: drop_log_rate is 1 to 1,000,000 a second")
    if not 0 <= settings.packet_record_rate <= SAMPLING_MAX:
        raise BadInput(f"{API_FILE}: packet_record_rate is 0 to {SAMPLING_MAX:,}")
    return msgspec.structs.replace(
        region,
        dynamic_routing=settings.dynamic_routing,
        drop_log_rate=settings.drop_log_rate,
        drop_sampling=settings.drop_sampling,
        packet_record_rate=settings.packet_record_rate,
    )


def refuse_unusable(settings: ApiFile, kinds: Mapping[str, Kind]) -> None:
    """BadInput where prefixes, quotas or zones are such that commands of tenants would fail by them later."""
    for text in settings.public_prefixes:
        try:
            parsed = parse(text)
        except ValueError as error:
            raise BadInput(f"{API_FILE}: public_prefixes: {error}") from None
        if parsed.version != 4 or "/" not in text or parsed.value & parsed.host_mask:
            raise BadInput(f"{API_FILE}: public_prefixes: {text} is no IPv4 prefix, as in 203.0.113.0/24")
    if clash := next(
        (a for n, a in enumerate(settings.public_prefixes) if _clash(a, settings.public_prefixes[:n])), ""
    ):
        raise BadInput(f"{API_FILE}: public_prefixes: {clash} overlaps another one")
    if "" in settings.zones:
        raise BadInput(f"{API_FILE}: zones: a zone has a name")
    if twice := next((zone for n, zone in enumerate(settings.zones) if zone in settings.zones[:n]), ""):
        raise BadInput(f"{API_FILE}: zones: {twice} is there twice")
    try:
        check_quotas(kinds, settings.quotas)
    except Refused as refused:
        raise BadInput(f"{API_FILE}: quotas: {refused.problems[0].message}") from None


def _clash(prefix: str, others: Sequence[str]) -> bool:
    return any(overlaps(prefix, other) for other in others)


def limit_of(settings: ApiFile) -> Limit:
    """Each project's rate limit; BadInput where it could not be."""
    # Written so that NaN is refused, too.
    if not 0 < settings.requests_per_second <= 1e6 or not 1 <= settings.burst <= 1_000_000:
        raise BadInput(f"{API_FILE}: requests_per_second is above 0, burst 1 to 1,000,000")
    return Limit(per_second=settings.requests_per_second, burst=settings.burst)
