"""What route maps and prefix lists of EOS and NX-OS have in common."""

from __future__ import annotations

from crossconnect.device.policy import PrefixRule
from crossconnect.net import parse

_BITS = {4: 32, 6: 128}


def prefix_rule(rule: PrefixRule, version: int) -> str:
    """A prefix with the lengths that it takes, as a prefix list has it: `10.0.0.0/8 ge 16 le 24`."""
    length = parse(rule.prefix).length
    if rule.length_min == rule.length_max == length:
        return rule.prefix
    if rule.length_min == rule.length_max:
        return f"{rule.prefix} eq {rule.length_min}"
    text = rule.prefix
    if rule.length_min > length:
        text += f" ge {rule.length_min}"
    if rule.length_max < _BITS[version] or rule.length_min <= length:
        text += f" le {rule.length_max}"
    return text


def header_key(header: str) -> str:
    """A route map's entry is known by name and number: another verb takes its place."""
    words = header.split()
    return " ".join((words[0], words[1], words[3])) if words[0] == "route-map" and len(words) > 3 else header
