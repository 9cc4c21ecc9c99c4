"""What can be wrong about the choice of a network operating system, whichever it is."""

from crossconnect.finding import Code, Severity

NOS_UNKNOWN = Code(
    "nos.unknown",
    Severity.ERROR,
    "A switch is to run a network operating system that no renderer here or among the installed extensions knows.",
    "Choose one of those that the message names, or install the package that brings it.",
)
EXTENSION_BROKEN = Code(
    "nos.extension-broken",
    Severity.ERROR,
    "A network operating system comes from an installed extension that cannot be loaded.",
    "Repair or update the package that brings it.",
)
UNSUPPORTED = Code(
    "nos.unsupported",
    Severity.ERROR,
    "A feature is asked for that the device's network operating system does not have. Of services beside forwarding "
    "(gNMI, sFlow, ...) it is a warning: the device goes without.",
    "Do without it on this device, choose another network operating system for it, or do the nearest thing.",
)
VLAN_RESERVED = Code(
    "nos.vlan-reserved",
    Severity.ERROR,
    "A segment has a VLAN id that the network operating system keeps for itself.",
    "Leave the range out of the `vlan` pools (`reserved`), or write another `vlan` at the segment.",
)
BFD_TOO_FAST = Code(
    "nos.bfd-too-fast",
    Severity.ERROR,
    "BFD is faster than the network operating system can be set to.",
    "Choose a longer `design.bfd.interval_ms` or a greater `design.bfd.multiplier`.",
)
LIMIT_EXCEEDED = Code(
    "nos.limit-exceeded",
    Severity.ERROR,
    "A device is asked for more of something than its network operating system takes.",
    "Put less on the device, or choose another system for it.",
)
EXTRA_OVERRIDES = Code(
    "nos.extra-overrides",
    Severity.WARNING,
    "Extra configuration takes the place of something that the design wrote: what is checked and simulated is no "
    "longer what the device does.",
    "Change the intent instead, or keep the line and know that only the device has it.",
)
EXTRA_UNREADABLE = Code(
    "nos.extra-unreadable",
    Severity.ERROR,
    "Extra configuration is not in the syntax of the network operating system that its file name says.",
    "Write it as the device itself shows its configuration.",
)

CODES = (
    NOS_UNKNOWN,
    EXTENSION_BROKEN,
    UNSUPPORTED,
    VLAN_RESERVED,
    BFD_TOO_FAST,
    LIMIT_EXCEEDED,
    EXTRA_OVERRIDES,
    EXTRA_UNREADABLE,
)
