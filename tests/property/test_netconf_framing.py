"""NETCONF's octets: any split gives the same messages; garbage ends with one clear error, and never otherwise."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.transport.netconf import operations
from crossconnect.transport.netconf.dialogue import Dialogue
from crossconnect.transport.netconf.framing import END, Framer, framed
from crossconnect.transport.netconf.messages import Broken, Hello, Reply, RpcError, read
from crossconnect.transport.netconf.xml import XmlError, element, parsed

BASES = {False: ("urn:ietf:params:netconf:base:1.0",), True: ("urn:ietf:params:netconf:base:1.1",)}
messages = st.binary(max_size=200).map(lambda octets: b"<" + octets + b">").filter(lambda m: END not in m)


def hello(chunked: bool) -> bytes:
    names = "".join(f"<capability>{uri}</capability>" for uri in BASES[chunked])
    return f"<hello><capabilities>{names}</capabilities><session-id>4</session-id></hello>".encode() + END


def reply(number: int, text: str = "") -> bytes:
    inner = ElementTree.tostring(element("data", text=text)).decode()
    return f'<rpc-reply message-id="{number}">{inner}</rpc-reply>'.encode()


def chunks(message: bytes, sizes: list[int]) -> bytes:
    out = b""
    while message:
        size = sizes.pop() if sizes else len(message)
        piece, message = message[:size], message[size:]
        out += b"\n#%d\n%s" % (len(piece), piece)
    return out + b"\n##\n"


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({cut % (len(stream) + 1) for cut in cuts} | {0, len(stream)})
    return [stream[a:b] for a, b in itertools.pairwise(at)]


def heard(stream: list[bytes], *, chunked: bool) -> list[object]:
    """What comes of a session after its hello, in which three things were asked."""
    dialogue = Dialogue(4096)
    assert isinstance(dialogue.receive(hello(chunked))[0], Hello)
    for _ in range(3):
        dialogue.request(operations.get_config("running"))
    found = [message for piece in stream for message in dialogue.receive(piece)]
    return [("".join(m.body.itertext()), m.message_id) if isinstance(m, Reply) else m for m in found]


@given(st.lists(messages, max_size=4), st.booleans(), st.lists(st.integers(1, 50)), st.lists(st.integers(0, 2000)))
def test_any_split_and_any_chunks_give_the_messages(
    sent: list[bytes], chunked: bool, sizes: list[int], cuts: list[int]
) -> None:
    """Input: messages, framed, cut anywhere. Output: the messages."""
    stream = b"".join(chunks(m, sizes) if chunked else m + END for m in sent)
    framer = Framer()
    framer.chunked = chunked
    found: list[bytes] = []
    for piece in pieces(stream, cuts):
        framer.feed(piece)
        while (taken := framer.take()) is not None:
            found.append(taken)
    assert found == sent


@given(st.booleans(), st.lists(st.integers(0, 400)))
def test_a_hello_in_any_pieces(chunked: bool, cuts: list[int]) -> None:
    """Input: a hello and, directly after it, what is framed as the hello says, in any pieces. Output: the hello, and
    one error, since nothing was asked."""
    dialogue = Dialogue()
    stream = hello(chunked) + framed(reply(1), chunked)
    first, second = [m for piece in pieces(stream, cuts) for m in dialogue.receive(piece)]
    assert first == Hello(capabilities=frozenset(BASES[chunked]), session_id=4)
    assert second == Broken(reason="a reply to what was not asked: '1'")


@given(
    st.booleans(),
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=40), max_size=3),
    st.lists(st.integers(1, 30)),
    st.lists(st.integers(0, 4000)),
)
def test_a_session_hears_the_same_whatever_the_pieces(
    chunked: bool, texts: list[str], sizes: list[int], cuts: list[int]
) -> None:
    """Input: hello and replies, chunked at random, cut at random. Output: as in one piece."""
    stream = b""
    for number, text in enumerate(texts, 1):
        stream += chunks(reply(number, text), sizes) if chunked else reply(number, text) + END
    found = heard(pieces(stream, cuts), chunked=chunked)
    assert found == [(text, str(n)) for n, text in enumerate(texts, 1)]


@given(st.binary(max_size=600), st.booleans(), st.lists(st.integers(0, 600)))
def test_garbage_ends_with_one_error_at_most(garbage: bytes, chunked: bool, cuts: list[int]) -> None:
    """Input: any octets after a hello. Output: at most one `Broken`, and it comes last; never an exception."""
    found = heard([*pieces(garbage, cuts), garbage], chunked=chunked)
    broken = [m for m in found if isinstance(m, Broken)]
    assert len(broken) <= 1
    assert not broken or found[-1] is broken[0]
    assert all(m.reason for m in broken)


@given(st.binary(max_size=300))
def test_any_octets_are_a_message_or_an_error(octets: bytes) -> None:
    """Input: any octets as one message. Output: a value."""
    assert read(octets) is None or isinstance(read(octets), Hello | Reply | Broken)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"\n#0\n", "no size"),
        (b"\n#01\na", "no size"),
        (b"\n#4294967296\n", "no size"),
        (b"\n##\n", "no size"),
        (b"\n#99999999999999999999\n", "no size"),
        (b"<rpc-reply>", "does not begin with its size"),
        (b"\n#5000\n", "more than 4096 octets"),
    ],
)
def test_chunks_that_are_none(octets: bytes, words: str) -> None:
    """Input: a broken chunk. Output: what is wrong with it."""
    found = heard([octets], chunked=True)
    assert isinstance(found[-1], Broken)
    assert words in found[-1].reason


def test_a_message_that_never_ends_is_not_kept() -> None:
    """Input: more octets than the limit without an end. Output: an error, as soon as the limit is passed."""
    found = heard([b"<a>" + b"x" * 5000], chunked=False)
    assert found[-1] == Broken(reason="a message has more than 4096 octets")


def test_a_message_as_large_as_the_limit_is_taken() -> None:
    """Input: messages of exactly the limit, in two pieces. Output: they are there."""
    message = b"<" + b"x" * 4095
    for chunked in (False, True):
        framer = Framer(4096)
        framer.chunked = chunked
        stream = framed(message, chunked)
        framer.feed(stream[:4100])
        assert framer.take() is None or not chunked
        framer.feed(stream[4100:])
        assert chunked is False or framer.take() == message


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><rpc-reply>&b;</rpc-reply>', "document type"),
        (b"<a>" * 500, "nested more than 200"),
        (b"<rpc-reply>", "no element found"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "encoding"),
    ],
)
def test_hostile_xml(octets: bytes, words: str) -> None:
    """Input: entities, depth, what is cut off. Output: an error that names it."""
    with pytest.raises(XmlError, match=words):
        parsed(octets)


def test_errors_are_values_with_their_words() -> None:
    """Input: RFC 6241's example of lock-denied. Output: tag, words, and who has the lock."""
    found = read(
        b'<rpc-reply message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><rpc-error><error-type>protocol'
        b"</error-type><error-tag>lock-denied</error-tag><error-severity>error</error-severity><error-message>Lock "
        b"failed, lock is already held</error-message><error-info><session-id>454</session-id></error-info></rpc-error>"
        b"</rpc-reply>"
    )
    assert isinstance(found, Reply)
    assert found.errors == (RpcError(tag="lock-denied", message="Lock failed, lock is already held", info="454"),)


def test_replies_belong_to_requests() -> None:
    """Input: a reply without number, one to something else. Output: the oldest request's; the session's end."""
    dialogue = Dialogue()
    dialogue.receive(hello(chunked=False))
    first, _ = dialogue.request(operations.commit())
    (answer,) = dialogue.receive(b"<rpc-reply><ok/></rpc-reply>" + END)
    assert isinstance(answer, Reply)
    assert answer.message_id == first
    dialogue.request(operations.commit())
    (end,) = dialogue.receive(reply(77) + END)
    assert end == Broken(reason="a reply to what was not asked: '77'")
    assert dialogue.receive(reply(2) + END) == []


def test_what_is_sent_is_escaped() -> None:
    """Input: a text with markup in it. Output: text, on the other side too."""
    dialogue = Dialogue()
    dialogue.receive(hello(chunked=False))
    _, octets = dialogue.request(element("load", text="</load><commit/>&"))
    assert b"<commit/>" not in octets
    assert parsed(octets.removesuffix(END)).findtext("load") == "</load><commit/>&"
