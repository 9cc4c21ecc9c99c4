"""What can be wrong about the choice of a network operating system."""

from crossconnect.finding import Code, Severity

NOS_UNKNOWN = Code(
    "nos.unknown",
    Severity.ERROR,
    "A switch is to run a network operating system that this version cannot render.",
    "Choose one that is known: `frr`.",
)

CODES = (NOS_UNKNOWN,)
