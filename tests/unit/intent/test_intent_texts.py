"""Texts are made canonical, or it is said what is wrong with them."""

from __future__ import annotations

import pytest

from crossconnect.intent import texts
from crossconnect.intent.texts import Kind


@pytest.mark.parametrize(
    ("kind", "text", "canonical"),
    [
        (texts.ADDRESS, "2001:DB8:0::1", "2001:db8::1"),
        (texts.INTERFACE_ADDRESS, "2001:DB8::0001/64", "2001:db8::1/64"),
        (texts.PREFIX, "2001:0db8::/32", "2001:db8::/32"),
        (texts.PREFIX_RULE, "10.0.0.0/8  ge 16   le 24", "10.0.0.0/8 ge 16 le 24"),
        (texts.PREFIX_RULE, "2001:DB8::/32 le 48", "2001:db8::/32 le 48"),
        (texts.MAC, "02:00:00:AA:bb:0C", "02:00:00:aa:bb:0c"),
        (texts.RANGE, "0100-0199", "100-199"),
        (texts.RESERVED, "0050", "50"),
        (texts.RESERVED, "10.0.0.0/31", "10.0.0.0/31"),
        (texts.COMMUNITY, "065000:01", "65000:1"),
        (texts.COMMUNITY, "65000:1:4294967295", "65000:1:4294967295"),
        (texts.COMMUNITY, "no-export", "no-export"),
        (texts.SERVER_ADDRESS, "NTP1.example.net", "ntp1.example.net"),
        (texts.AS_PATH_PATTERN, "^64512_[0-9]+$", "^64512_[0-9]+$"),
        (texts.SECRET, "env:BGP_KEY", "env:BGP_KEY"),
        (texts.DEVICE_PORT, "a-leaf1:Ethernet1/1", "a-leaf1:Ethernet1/1"),
        (texts.PLATFORM_PORTS, "xe-0/0/[0-47]", "xe-0/0/[0-47]"),
        (texts.PROMISED, "2001:DB8::/32", "2001:db8::/32"),
        (texts.PROMISED, "red/prod/web", "red/prod/web"),
    ],
)
def test_texts_become_canonical(kind: Kind, text: str, canonical: str) -> None:
    assert kind.canonical(text) == canonical
    assert kind.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (texts.NAME, ""),
        (texts.NAME, "Web"),
        (texts.NAME, "a_b"),
        (texts.NAME, "-a"),
        (texts.NAME, "a-"),
        (texts.NAME, "a" * 64),
        (texts.NAME, "a\n"),
        (texts.ADDRESS, "10.1.0.300"),
        (texts.ADDRESS, "10.1.1.1/24"),
        (texts.ADDRESS, "010.1.1.1"),
        (texts.ADDRESS, "fe80::1%eth0"),
        (texts.INTERFACE_ADDRESS, "10.1.1.1"),
        (texts.INTERFACE_ADDRESS, "10.1.1.1/33"),
        (texts.INTERFACE_ADDRESS, "10.1.1.1/255.255.255.0"),
        (texts.PREFIX, "10.1.1.1/24"),
        (texts.PREFIX_RULE, "10.0.0.0/8 le 4"),
        (texts.PREFIX_RULE, "10.0.0.0/8 ge 33"),
        (texts.PREFIX_RULE, "10.0.0.0/8 le 24 ge 16"),
        (texts.MAC, "01:00:5e:00:00:01"),
        (texts.MAC, "00:00:00:00:00:00"),
        (texts.MAC, "02-00-00-00-00-01"),
        (texts.MAC, "02:00:00:00:00:0g"),
        (texts.RANGE, "20-10"),
        (texts.RANGE, "10"),
        (texts.COMMUNITY, "65536:1"),
        (texts.COMMUNITY, "1:2:3:4"),
        (texts.COMMUNITY, "internet!"),
        (texts.AS_PATH_PATTERN, "^(64512"),
        (texts.AS_PATH_PATTERN, "permit 1"),
        (texts.SECRET, "hunter2"),
        (texts.DEVICE_PORT, "a-leaf1:"),
        (texts.DEVICE_PORT, "a-leaf1:swp 1"),
        (texts.SEGMENT_REFERENCE, "web"),
        (texts.VRF_REFERENCE, "red/prod/web"),
        (texts.PLATFORM_PORTS, "swp[9-1]"),
        (texts.PLATFORM_PORTS, "[1-9]"),
        (texts.DESCRIPTION, "two\nlines"),
        (texts.DESCRIPTION, "x" * 201),
        (texts.PROMISED, "10.0.0.300/8"),
        (texts.SERVER_ADDRESS, "10.0.0.300"),
        (texts.MODEL_PATH, "red"),
        (texts.pattern("pod", "n"), "{pod}-{rack}"),
        (texts.pattern("pod", "n"), "{pod}-{0}"),
        (texts.pattern("pod", "n"), "{pod.__class__}"),
    ],
)
def test_malformed_texts_are_refused(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError):
        kind.canonical(text)


def test_a_secret_is_never_repeated() -> None:
    with pytest.raises(ValueError) as caught:
        texts.SECRET.canonical("hunter2")
    assert "hunter2" not in str(caught.value)
