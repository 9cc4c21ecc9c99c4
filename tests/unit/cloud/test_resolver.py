"""The resolver's pure parts: messages, what is answered, which VPCs are here."""

from __future__ import annotations

import struct

import pytest

from crossconnect.cloud.resolver import DOMAINS_KEY, Known, Question, answer_of, places_of, read_question, write_reply
from crossconnect.cloud.resolver.message import AAAA, NXDOMAIN, PTR, A, Reply, answers
from crossconnect.cloud.resolver.placement import Binding, Records

KNOWN = Known(
    records={"db.corp": "10.0.1.7 fd00::7", "7.1.0.10.in-addr.arpa": "db.corp", "a.b.corp": "10.0.1.8"},
    domains=frozenset(("corp", "internal")),
)


def wire(name: str, type: int, *, edns: int = 0, flags: int = 0x0100) -> bytes:
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"
    head = struct.pack("!HHHHHH", 7, flags, 1, 0, 0, int(edns > 0))
    opt = struct.pack("!BHHIH", 0, 41, edns, 0, 0) if edns else b""
    return head + labels + struct.pack("!HH", type, 1) + opt


def asked(name: str, type: int = A) -> Question:
    question = read_question(wire(name, type))
    assert question is not None
    return question


@pytest.mark.parametrize(
    ("name", "type", "reply"),
    [
        ("DB.Corp", A, Reply(values=("10.0.1.7",))),
        ("db.corp", AAAA, Reply(values=("fd00::7",))),
        ("db.corp", 16, Reply()),
        ("7.1.0.10.in-addr.arpa", PTR, Reply(values=("db.corp",))),
        ("7.1.0.10.in-addr.arpa", A, Reply()),
        ("b.corp", A, Reply()),
        ("corp", A, Reply()),
        ("no.corp", A, Reply(code=NXDOMAIN)),
        ("ip-10-9-9-9.internal", A, Reply(code=NXDOMAIN)),
        ("9.9.9.10.in-addr.arpa", PTR, Reply(code=NXDOMAIN)),
        ("8.8.8.8.in-addr.arpa", PTR, None),
        ("www.example.com", A, None),
        ("notcorp", A, None),
    ],
)
def test_what_is_ours_is_answered_and_the_rest_is_asked_of_others(name: str, type: int, reply: Reply | None) -> None:
    assert answer_of(KNOWN, asked(name, type)) == reply


def test_an_answer_that_is_too_large_for_udp_says_so() -> None:
    question = asked("db.corp")
    many = Reply(values=tuple(f"10.0.2.{n}" for n in range(60)))
    cut, whole = write_reply(question, many), write_reply(question, many, stream=True)
    assert struct.unpack_from("!HHHH", cut)[1] & 0x0200
    assert struct.unpack_from("!HHHH", cut)[3] == 0
    assert struct.unpack_from("!HHHH", whole)[3] == 60
    with_edns = read_question(wire("db.corp", A, edns=4096))
    assert with_edns is not None
    assert (with_edns.edns, with_edns.octets_max) == (True, 1232)
    assert not struct.unpack_from("!HHHH", write_reply(with_edns, many))[1] & 0x0200


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 11, wire("a", A)[:-3], wire("a", A, flags=0x8000), b"\0\7\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"],
    ids=["empty", "short", "cut", "an-answer", "pointer"],
)
def test_what_is_no_question_is_left_alone(data: bytes) -> None:
    assert read_question(data) is None


def test_only_the_answer_to_what_was_asked_is_believed() -> None:
    question = asked("www.example.com")
    reply = write_reply(question, Reply(values=("192.0.2.1",)))
    assert answers(reply, 7, question)
    assert not answers(reply, 8, question)
    assert not answers(reply, 7, asked("www.example.org"))
    assert not answers(wire("www.example.com", A), 7, question), "a question is no answer"


def test_a_hypervisor_answers_for_vpcs_whose_machines_it_has() -> None:
    def vpc(name: str, here: bool) -> list[Binding]:
        return [
            Binding(name=f"eni-{name}", kind="", datapath=f"s-{name}", here=here),
            Binding(name=f"lsp-{name}", kind="patch", datapath=f"s-{name}", peer=f"lrp-{name}"),
            Binding(name=f"lrp-{name}", kind="patch", datapath=f"r-{name}", peer=f"lsp-{name}"),
            Binding(
                name=f"services-{name}",
                kind="patch",
                datapath=f"r-{name}",
                peer=f"lsp-services-{name}",
                addresses=("02:00:00:00:00:01 169.254.169.249/29 fd00:53::1/64",),
            ),
            Binding(name=f"lsp-services-{name}", kind="patch", datapath=f"d-{name}", peer=f"services-{name}"),
            Binding(
                name=f"resolver-{name}",
                kind="localport",
                datapath=f"d-{name}",
                addresses=("02:00:00:00:00:02 169.254.169.253 fd00:53::53",),
                external_ids={DOMAINS_KEY: "corp internal"},
            ),
        ]

    records = [
        Records(datapaths=frozenset(("d-a", "d-b")), records={"x.corp": "10.0.0.1"}),
        Records(datapaths=frozenset(("d-b",)), records={"y.corp": "10.0.0.2"}),
    ]
    [(place, known)] = places_of([*vpc("a", here=True), *vpc("b", here=False)], records).items()
    assert (place.vpc, place.port, place.mac) == ("a", "resolver-a", "02:00:00:00:00:02")
    assert place.addresses == ("169.254.169.253/29", "fd00:53::53/64")
    assert place.gateways == ("169.254.169.249", "fd00:53::1")
    assert known == Known(records={"x.corp": "10.0.0.1"}, domains=frozenset(("corp", "internal")))
