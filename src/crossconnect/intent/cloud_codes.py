"""What can be wrong with the cloud's share of a region: chassis, gateway nodes, provider networks."""

from crossconnect.finding import Code, Severity

_E, _W = Severity.ERROR, Severity.WARNING

CLOUD_MISSING = Code(
    "intent.cloud-missing",
    _E,
    "The region has chassis or provider networks, but no choice of which segment carries the cloud's tunnels.",
    "Add `cloud: {tunnels: tenant/vrf/segment}` to `design` in region.yaml.",
)
CHASSIS_TUNNELS = Code(
    "intent.chassis-tunnels",
    _E,
    "A chassis has no address in the segment that carries the cloud's tunnels, so no tunnel can end on it.",
    "Add the segment with an address to the server, or take `chassis` away.",
)
GATEWAY_UPLINKS = Code(
    "intent.gateway-uplinks",
    _E,
    "A gateway node has no uplink, two to one leaf, or one to what is no leaf; or a server that is none has uplinks.",
    "Write one uplink for each leaf that the gateway node is plugged into besides its attachments.",
)
PROVIDER_NETWORK = Code(
    "intent.provider-network",
    _E,
    "The prefixes of a provider network contradict each other or its VRF.",
    "Write one transfer prefix per IP version, apart from the others; prefixes outside of the VRF's subnets, of an IP "
    "version that has a transfer prefix; aggregates within prefixes; VPN concentrators with names and addresses of "
    "their own.",
)
PROVIDER_NAME = Code(
    "intent.provider-name",
    _E,
    "A provider network has a name that is too long: gateway nodes have an interface and a bridge `br-<name>` of it, "
    "and Linux takes 15 characters.",
    "Take a name of at most 12 characters.",
)
NO_GATEWAY = Code(
    "intent.no-gateway",
    _W,
    "The region has provider networks, but no gateway node that leads to them.",
    "Add servers with `chassis: gateway` and uplinks.",
)

CODES: tuple[Code, ...] = (
    CLOUD_MISSING,
    CHASSIS_TUNNELS,
    GATEWAY_UPLINKS,
    PROVIDER_NETWORK,
    PROVIDER_NAME,
    NO_GATEWAY,
)
