"""Every kind of finding of this room: what reading, validating, expanding and allocating have to say."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

# The tree and its files.
NO_REGION = Code(
    "intent.no-region", _E, "The directory holds no region.yaml, so there is no region in it.", "Run `xc init` there."
)
FILE_UNREADABLE = Code(
    "intent.file-unreadable", _E, "A file of the tree cannot be read.", "Check that it exists and its permissions."
)
FILE_TOO_LARGE = Code("intent.file-too-large", _E, "A file is over the size that is read.", "Split the file.")
FILE_ENCODING = Code("intent.file-encoding", _E, "A file is not UTF-8.", "Save the file as UTF-8.")
FILE_UNKNOWN = Code(
    "intent.file-unknown",
    _W,
    "A file or directory is none that a region's tree has, so it is not read.",
    "Move it to where it is read (fabric/, tenancy/, edge/, checks/, name ending in .yaml), or out of the tree.",
)
DIRECTORY_RESERVED = Code(
    "intent.directory-reserved",
    _N,
    "A directory is set aside for a later version; nothing in it is read by this one.",
    "Keep it if you prepare for that version; this one does without.",
)

# YAML.
YAML_SYNTAX = Code("intent.yaml-syntax", _E, "A file is not YAML from some line on.", "Correct the line.")
YAML_DUPLICATE_KEY = Code(
    "intent.yaml-duplicate-key", _E, "A mapping has a key twice; YAML forbids it.", "Keep one of the two."
)
YAML_FEATURE = Code(
    "intent.yaml-feature",
    _E,
    "A file uses a YAML feature that regions do without: anchors, aliases, merge keys, tags, directives, several "
    "documents, keys that are not text, or nesting beyond 32 levels.",
    "Write the value out.",
)

# Types of values.
FIELD_UNKNOWN = Code(
    "intent.field-unknown", _E, "A field that the model does not have.", "Remove it, or correct its name."
)
FIELD_MISSING = Code("intent.field-missing", _E, "A field that must be given is not.", "Add the field.")
VALUE_TYPE = Code("intent.value-type", _E, "A value is of another type than its field.", "Give the expected type.")
VALUE_CHOICE = Code(
    "intent.value-choice", _E, "A value is not one of those the field allows.", "Use one of the allowed values."
)

# Syntax of values that are text.
ADDRESS_MALFORMED = Code(
    "intent.address-malformed",
    _E,
    "Text where an address or prefix is expected is none.",
    "Write it as in 10.1.1.1, 10.1.1.1/24, 10.1.1.0/24 or 2001:db8::1.",
)
MAC_MALFORMED = Code(
    "intent.mac-malformed",
    _E,
    "Text where a MAC address is expected is none that an interface can have.",
    "Write six octets as in 02:00:00:00:00:01; the first one even, since an odd one is a group address.",
)
COMMUNITY_MALFORMED = Code(
    "intent.community-malformed",
    _E,
    "A community is neither standard (65000:1), large (65000:1:2) nor well known by name.",
    "Write two numbers up to 65535, three up to 4294967295, or a name such as no-export.",
)
RANGE_MALFORMED = Code(
    "intent.range-malformed", _E, "A range of numbers is not `first-last` in rising order.", "Write it as 100-199."
)
NAME_MALFORMED = Code(
    "intent.name-malformed",
    _E,
    "A name has other characters than lower-case letters, digits and `-`, or is too long.",
    "Use lower-case letters, digits and `-`, beginning with a letter or digit.",
)
REFERENCE_MALFORMED = Code(
    "intent.reference-malformed",
    _E,
    "A reference is not in the form that its field has, such as `tenant/vrf` or `device:port`.",
    "Write it in the form that is expected.",
)
SECRET_IN_CLEAR = Code(
    "intent.secret-in-clear",
    _E,
    "A field for a secret holds something that is not a reference to one; secrets do not belong into Git.",
    "Put the secret into the environment or a file and write env:NAME or file:PATH; change it if it was committed.",
)
AS_PATH_MALFORMED = Code(
    "intent.as-path-malformed",
    _E,
    "An AS path expression cannot be used.",
    "Write a POSIX expression over AS numbers, `_` for a boundary, as in _64512_ or ^65010$.",
)
DESCRIPTION_MALFORMED = Code(
    "intent.description-malformed",
    _E,
    "A description cannot be put into a device's configuration.",
    "Shorten it to one line of printable characters.",
)

# Numbers out of range.
NUMBER_RANGE = Code(
    "intent.number-range", _E, "A number is out of the range its field has.", "Use a number of the range."
)
VLAN_RANGE = Code("intent.vlan-range", _E, "A VLAN id is not from 1 to 4094.", "Use an id from 1 to 4094.")
VNI_RANGE = Code("intent.vni-range", _E, "A VNI is not from 1 to 16777215.", "Use a VNI from 1 to 16777215.")
ASN_RANGE = Code(
    "intent.asn-range",
    _E,
    "An ASN is out of range or reserved.",
    "Use a public ASN of your own, or a private one: 64512-65534 or 4200000000-4294967294 (RFC 6996).",
)
MTU_RANGE = Code("intent.mtu-range", _E, "An MTU is under 1280 or over 65535 octets.", "Use an MTU of the range.")

# Names and references.
NAME_DUPLICATE = Code(
    "intent.name-duplicate",
    _E,
    "Two objects of one kind have the same name.",
    "Rename one of them, or put both together into one place.",
)
SITE_UNKNOWN = Code("intent.site-unknown", _E, "A site is named that is not defined.", "Define it in region.yaml.")
POD_UNKNOWN = Code("intent.pod-unknown", _E, "A pod is named that is not defined.", "Add the pod, or correct the name.")
PLATFORM_UNKNOWN = Code(
    "intent.platform-unknown",
    _E,
    "A platform is named that is neither built in nor defined.",
    "Use generic-32, generic-64 or generic-128, or add it to `platforms` in region.yaml.",
)
DEVICE_UNKNOWN = Code(
    "intent.device-unknown",
    _E,
    "A device is named that no pod expands to and that is not written by hand.",
    "Correct the name, or add the device.",
)
SEGMENT_UNKNOWN = Code(
    "intent.segment-unknown",
    _E,
    "A server is on a segment that nobody defines.",
    "Define the segment in its tenant's file, or correct the reference.",
)
VRF_UNKNOWN = Code(
    "intent.vrf-unknown",
    _E,
    "A VRF is named that is not defined.",
    "Define the VRF in its tenant's file, or correct the reference.",
)
TENANT_UNKNOWN = Code(
    "intent.tenant-unknown",
    _E,
    "A tenant is named that is not defined.",
    "Add the tenant to a file in tenancy/, or correct the reference.",
)
LOCATION_UNKNOWN = Code(
    "intent.location-unknown",
    _E,
    "A segment is to exist on something that is no leaf, rack or pod.",
    "Name a leaf, a rack or a pod, or write `all`.",
)
POLICY_UNKNOWN = Code(
    "intent.policy-unknown", _E, "A policy is named that is not defined.", "Define it under `policies` in edge/."
)
SET_UNKNOWN = Code(
    "intent.set-unknown",
    _E,
    "A policy names a prefix, community or AS path set that is not defined.",
    "Define the set in edge/, or correct the name.",
)
PROMISED_UNKNOWN = Code(
    "intent.promised-unknown",
    _E,
    "A promise is about something that does not exist.",
    "Name a tenant, a VRF (tenant/vrf), a segment (tenant/vrf/segment), a server, a router, a switch or a prefix.",
)
MOVED_UNKNOWN = Code(
    "intent.moved-unknown",
    _E,
    "A `moved` entry leads to something that does not exist, so its numbers would be freed.",
    "Correct `new`, or remove the entry.",
)
MOVED_STILL_THERE = Code(
    "intent.moved-still-there",
    _E,
    "A `moved` entry takes the numbers away from something that still exists.",
    "Correct `old`, or remove the entry.",
)

# Number plan.
VNI_DUPLICATE = Code(
    "intent.vni-duplicate",
    _E,
    "One VNI is given to two segments or VRFs; their traffic would mix.",
    "Change one of the two, or leave one out so that a free one is allocated.",
)
VLAN_DUPLICATE = Code(
    "intent.vlan-duplicate",
    _E,
    "One VLAN id is given to two segments where it must be unique, or to two handoffs on one port.",
    "Change one of the two, or leave one out so that a free one is allocated.",
)
ASN_SHARED = Code(
    "intent.asn-shared",
    _E,
    "Two that must have ASNs of their own are given the same: each would refuse as a loop what passed the other (RFC "
    "4271 9.1.2).",
    "Remove one of them, and a free one is allocated.",
)
ASN_SPLIT = Code(
    "intent.asn-split",
    _E,
    "Spines of one pod, or super-spines, are given different ASNs, which opens valley paths (RFC 7938 5.2.1).",
    "Write the same ASN at all of them, or at one only.",
)
ASN_PER_RACK = Code(
    "intent.asn-per-rack",
    _E,
    "Two leaves of a rack share an ASN and a dual-homed server: each refuses the other's EVPN routes as loops.",
    "Set `asns.leaf` to `per-leaf`.",
)
ASN_IN_PLAN = Code(
    "intent.asn-in-plan",
    _W,
    "An external router's ASN lies in the range from which fabric ASNs are allocated.",
    "Unless the ASN is your own, move the range of `asns` away from it, or numbers will clash one day.",
)
POOL_FORM = Code(
    "intent.pool-form",
    _E,
    "A pool has no range for its purpose, or one of the wrong form, or beyond what the numbers allow.",
    "Give `prefix` to pools of addresses and `range` to pools of numbers.",
)
POOL_OVERLAP = Code(
    "intent.pool-overlap",
    _E,
    "Two pools overlap, so that one number could be given out twice.",
    "Make the pools disjoint.",
)
POOL_RESERVED = Code(
    "intent.pool-reserved",
    _W,
    "A reserved part of a pool does not lie in the pool, so it reserves nothing.",
    "Correct or remove the entry.",
)

# Addresses.
PREFIX_OVERLAP = Code(
    "intent.prefix-overlap",
    _E,
    "Two segments of one VRF have the same or overlapping subnets.",
    "Give each segment a subnet of its own, or put one into another VRF.",
)
PREFIX_INFRASTRUCTURE = Code(
    "intent.prefix-infrastructure",
    _E,
    "A tenant's subnet overlaps a pool of the infrastructure.",
    "Use other addresses for the segment.",
)
ADDRESS_UNUSABLE = Code(
    "intent.address-unusable",
    _E,
    "An address or prefix is of a kind that cannot be used there: multicast, loopback, link-local, reserved.",
    "Use unicast addresses.",
)
GATEWAY_ADDRESS = Code(
    "intent.gateway-address",
    _E,
    "A gateway is not an address that a host of its subnet can use: the network's own, the broadcast address, or alone "
    "in its subnet.",
    "Use a host address of the subnet, such as its first.",
)
GATEWAY_TWICE = Code(
    "intent.gateway-twice",
    _E,
    "A segment has two gateways of one IP version.",
    "Keep one; a second subnet needs a segment of its own.",
)
GATEWAY_WITHOUT_VRF = Code(
    "intent.gateway-without-vrf",
    _E,
    "A segment without VRF has a gateway, but nothing to route in.",
    "Move the segment into a VRF, or remove its gateways.",
)
SERVER_ADDRESS = Code(
    "intent.server-address",
    _E,
    "A server's address is not one that a host of its segment can have: outside the segment's subnets, of another "
    "length, the network's own, the broadcast or the gateway's address.",
    "Use a free host address of the segment's subnet.",
)
ADDRESS_DUPLICATE = Code(
    "intent.address-duplicate", _E, "Two servers have one address in a segment.", "Give each an address of its own."
)
MAC_DUPLICATE = Code("intent.mac-duplicate", _E, "Two servers have one MAC address.", "Correct one of the two.")

# Servers and cables.
UNTAGGED_TWICE = Code(
    "intent.untagged-twice",
    _E,
    "A server has more than one untagged segment, or a segment twice.",
    "Set `tagged: true` on all but one.",
)
DUAL_HOMING = Code(
    "intent.dual-homing",
    _E,
    "A dual-homed server needs exactly two different leaves of its own.",
    "Give the rack two leaves, or the server one or two attachments to different leaves.",
)
ATTACHMENT_ROLE = Code(
    "intent.attachment-role",
    _E,
    "A server or a handoff is on a switch that is no leaf; spines carry no tenant's VRF.",
    "Use a leaf for servers, and a border leaf (or leaf) for handoffs.",
)
LINK_ENDS = Code("intent.link-ends", _E, "A link has both ends on one device.", "Connect two devices.")

# Fabric.
MTU_TOO_SMALL = Code(
    "intent.mtu-too-small",
    _E,
    "A fabric link cannot carry a tenant's packet with its VXLAN header of 50 octets (RFC 7348 4.3).",
    "Raise the fabric's MTU, or lower the tenants'.",
)
FABRIC_FORM = Code(
    "intent.fabric-form",
    _E,
    "Tiers of the fabric do not fit together.",
    "Correct the numbers of spines, super-spines and planes.",
)
TIMERS = Code(
    "intent.timers",
    _E,
    "The hold time is under three keepalive intervals, so one lost message takes the session down (RFC 4271 4.4).",
    "Set `hold_time_s` to three times `keepalive_s` or more.",
)
VRF_RESERVED = Code(
    "intent.vrf-reserved",
    _E,
    "The management VRF has a name that devices use themselves.",
    "Use another name, such as mgmt.",
)

# Edge.
POLICY_MISSING = Code(
    "intent.policy-missing",
    _E,
    "An external session has no import or no export policy; nothing may pass unsaid (RFC 8212).",
    "Name a policy for both directions; one that rejects everything is fine.",
)
STATEMENT_UNREACHABLE = Code(
    "intent.statement-unreachable",
    _W,
    "A statement of a policy never decides, since one above it matches every route.",
    "Move it up, or remove it.",
)
STATEMENT_WITHOUT_EFFECT = Code(
    "intent.statement-without-effect",
    _W,
    "A rejecting statement sets attributes, or a policy has no statement and rejects everything.",
    "Remove what has no effect, or add what is missing.",
)
HANDOFF_ADDRESSES = Code(
    "intent.handoff-addresses",
    _E,
    "The addresses of a handoff do not fit: one side missing, of a version the session does not have, or not in one "
    "subnet.",
    "Give `local` and `remote` one address each per IP version, in one subnet.",
)
IMPORT_ITSELF = Code(
    "intent.import-itself", _E, "A VRF imports its own routes, or another's twice.", "Remove the entry."
)
PROMISE_CONTRADICTION = Code(
    "intent.promise-contradiction",
    _E,
    "A promise cannot be kept: it contradicts another one, or is about one thing only.",
    "Remove one of the two.",
)

# The lock.
LOCK_EDITED = Code(
    "intent.lock-edited",
    _E,
    "The numbers in region.lock are not those that xc wrote: somebody edited the file.",
    "Restore it with `git checkout region.lock`; to give an object a number of your choice, write it at the object.",
)
LOCK_MALFORMED = Code(
    "intent.lock-malformed",
    _E,
    "region.lock cannot be read.",
    "Restore it with `git checkout region.lock`; do not delete it, or everything may be renumbered.",
)
LOCK_CONFLICTED_HINT = "Take either side whole (`git checkout --ours region.lock`) and run `xc lock`."

CODES: tuple[Code, ...] = tuple(value for value in [*globals().values()] if isinstance(value, Code))
