"""What EOS would refuse, or read otherwise than meant: found before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.eos.bgp import policy_uses
from crossconnect.nos.eos.facts import FACTS
from crossconnect.nos.eos.system import SSH_KEY_WORDS
from crossconnect.nos.lint import Rules, Said, codes_of, mistakes
from crossconnect.nos.mlag import control_mistakes, pair_codes, pair_mistakes

MTU_HARDWARE = 9214
RULES = Rules(
    name=re.compile(r"[A-Za-z0-9_.+\-:/]{1,100}"),
    name_words="letters, digits and `_ . + - : /`, at most 100, no blanks",
    port=re.compile(
        r"(?:Ethernet\d+(?:/\d+){0,2}(?:\.\d+)?|Port-Channel\d+(?:\.\d+)?|Loopback\d+|Management\d+(?:/\d+)?|Vlan\d+)"
    ),
    port_words="Name ports Ethernet1, or Ethernet49/1 where they are split; the platform's `ports` say so.",
    mtu_min=68,
    mtu_max=65535,
)
_BY_KIND = {**codes_of("eos", "EOS", RULES), **pair_codes("eos")}

MTU_ABOVE_HARDWARE = Code(
    "eos.mtu-above-hardware",
    Severity.WARNING,
    "An MTU is above 9214 octets, which is what most platforms forward.",
    "Set design.fabric_mtu to 9214 or less.",
)

TIMER_RANGE = Code(
    "eos.timer-range",
    Severity.ERROR,
    "EOS refuses a timer or multiplier that the design allows.",
    "BFD: multiplier of at most 50. IPFIX: idle timeout of 3 to 900 s. BGP: keepalive and hold time of at most 3600 s.",
)
SSH_KEYS = Code(
    "eos.ssh-keys",
    Severity.WARNING,
    "A user has more than two SSH keys: EOS keeps two, and the others are not written.",
    "Give the third key a user of its own.",
)
BGP_TIMER_MAX_S = 3600
"""`neighbor timers`: `<0-3600> <0-3600>`, as the schema of Arista's AVD 6.4 has it."""
BFD_MULTIPLIER_MAX = 50
"""EOS User Manual 4.30, Bidirectional Forwarding Detection, `bfd interval`."""
IDLE_TIMEOUT_MIN_S, IDLE_TIMEOUT_MAX_S = 3, 900
"""`record export on inactive timeout`: 3000 to 900000 ms, as the schema of Arista's AVD 6.4 has it."""

CODES: tuple[Code, ...] = (*_BY_KIND.values(), MTU_ABOVE_HARDWARE, TIMER_RANGE, SSH_KEYS)


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that is wrong with a configuration on this system."""
    attached = {use.name for use in policy_uses(device)[0]}
    said = [
        found(_BY_KIND[kind], Place(path=path or device.path), f"{device.name}: {words}")
        for kind, path, words in (
            *mistakes(device, RULES, attached),
            *pair_mistakes(device, FACTS),
            *(control_mistakes(device.mlag) if device.mlag is not None else ()),
            *_domain(device),
        )
    ]
    widest = max((i.mtu for i in device.interfaces if i.kind in ("ethernet", "irb", "subinterface")), default=0)
    if widest > MTU_HARDWARE:
        place = Place(path="design/fabric_mtu")
        said.append(found(MTU_ABOVE_HARDWARE, place, f"{device.name}: an MTU of {widest}"))
    for user in device.system.users:
        if len(user.ssh_keys) > len(SSH_KEY_WORDS):
            words = f"{device.name}: {len(user.ssh_keys)} keys of {user.name}"
            said.append(found(SSH_KEYS, Place(path="management/users"), words))
    return (*said, *_timers(device))


def _domain(device: DeviceConfiguration) -> Iterator[Said]:
    """`domain-id` is a word."""
    if device.mlag is not None and not RULES.name.fullmatch(device.mlag.name):
        yield "name", "", f"MLAG pair '{device.mlag.name}'"


def _timers(device: DeviceConfiguration) -> Iterator[Finding]:
    if device.bfd is not None and device.bfd.multiplier > BFD_MULTIPLIER_MAX:
        words = f"{device.name}: a BFD multiplier of {device.bfd.multiplier}"
        yield found(TIMER_RANGE, Place(path="design/bfd"), words)
    ipfix = device.system.ipfix
    if ipfix is not None and not IDLE_TIMEOUT_MIN_S <= ipfix.idle_timeout_s <= IDLE_TIMEOUT_MAX_S:
        words = f"{device.name}: an idle timeout of {ipfix.idle_timeout_s} s"
        yield found(TIMER_RANGE, Place(path="management/ipfix"), words)
    for instance in device.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            longest = max(neighbor.keepalive_s, neighbor.hold_time_s)
            if longest > BGP_TIMER_MAX_S:
                words = f"{device.name}: a timer of {longest} s to {neighbor.address or neighbor.interface}"
                yield found(TIMER_RANGE, Place(path=instance.path or device.path), words)
