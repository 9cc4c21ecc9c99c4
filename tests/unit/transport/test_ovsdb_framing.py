"""Input: a stream of JSON objects in any pieces. Output: exactly those objects, or a clear error."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.transport.ovsdb import MessageTooLarge, ProtocolError
from crossconnect.transport.ovsdb.codec import Decoder, Message, encode_answer, encode_request
from crossconnect.transport.ovsdb.framing import NESTING_MAX, Framer

# Text that looks like structure, and text of several bytes a character.
texts = st.text(alphabet=st.sampled_from('{}[]"\\,: }{\n\u00e9\u4e2d\U0001f600ab'), max_size=12) | st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=5)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[dict[str, object]], list[bytes]]:
    """Messages, and their bytes in pieces."""
    messages = draw(st.lists(objects, max_size=8))
    stream = b""
    for message in messages:
        ascii_only, spaced = draw(st.booleans()), draw(st.booleans())
        separators = None if spaced else (",", ":")
        stream += json.dumps(message, ensure_ascii=ascii_only, separators=separators).encode("utf-8", "surrogatepass")
        stream += draw(st.sampled_from([b"", b"", b"\n", b" \r\n\t"]))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    return messages, pieces


@given(streams())
def test_any_split_of_any_messages(drawn: tuple[list[dict[str, object]], list[bytes]]) -> None:
    messages, pieces = drawn
    framer = Framer()
    found = [text for piece in pieces for text in framer.feed(piece)]
    assert [json.loads(text.decode("utf-8", "surrogatepass")) for text in found] == messages


@given(streams())
def test_any_split_of_any_messages_decoded(drawn: tuple[list[dict[str, object]], list[bytes]]) -> None:
    """What is whole and short is taken without the framer: it makes no difference."""
    messages, pieces = drawn
    named = [{key: value for key, value in one.items() if key not in Message.__struct_fields__} for one in messages]
    if named != messages:
        return
    decoder = Decoder()
    assert len([message for piece in pieces for message in decoder.feed(piece)]) == len(messages)
    stream = b"".join(encode_request(n, "m", one) for n, one in enumerate(messages))
    cuts = [0, *(len(piece) for piece in pieces if len(piece) < len(stream)), len(stream)]
    cuts.sort()
    decoder = Decoder()
    found = [message for a, b in pairwise(cuts) for message in decoder.feed(stream[a:b])]
    assert [json.loads(bytes(message.params)) for message in found] == messages
    assert [bytes(message.id) for message in found] == [b"%d" % n for n in range(len(messages))]


@given(st.lists(objects, max_size=4))
def test_byte_by_byte(messages: list[dict[str, object]]) -> None:
    stream = b"".join(json.dumps(message).encode() for message in messages)
    framer = Framer()
    found = [text for at in range(len(stream)) for text in framer.feed(stream[at : at + 1])]
    assert [json.loads(text) for text in found] == messages


def test_a_message_is_told_with_its_last_byte() -> None:
    framer = Framer()
    assert framer.feed(b'{"a":"}{') == []
    assert framer.feed(b'\\"}"') == []
    assert framer.feed(b"}") == [b'{"a":"}{\\"}"}']


def test_a_large_reply_between_small_ones() -> None:
    row = '{"name":"port-%d","note":"a \\"quoted\\" } and \u00e9 {"}'
    rows = ",".join(row % n for n in range(100_000))
    large = f'{{"id":2,"result":[{rows}]}}'.encode()
    stream = b'{"id":1}' + large + b'{"id":3}'
    framer = Framer()
    found = [text for at in range(0, len(stream), 65_536) for text in framer.feed(stream[at : at + 65_536])]
    assert found == [b'{"id":1}', large, b'{"id":3}']


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request", b"\x16\x03\x01\x02", b"[1]", b"null", b"}"])
def test_garbage_is_refused_at_once(garbage: bytes) -> None:
    with pytest.raises(ProtocolError, match="not an OVSDB message"):
        Framer().feed(b'{"id":1} ' + garbage)


@pytest.mark.parametrize("text", [b'{"id":1,}', b'{"id":1 "method":2}', b'{"id":\xff\xfe}', b'{"method":3}', b"{]}"])
def test_what_is_no_message_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError, match="not an OVSDB message"):
        Decoder().feed(text)


def test_the_limit_counts_over_pieces_and_for_each_message() -> None:
    framer = Framer(message_bytes_max=100)
    small = b'{"a":"' + b"x" * 80 + b'"}'
    assert framer.feed(small * 5) == [small] * 5
    framer.feed(b'{"a":"' + b"x" * 60)
    with pytest.raises(MessageTooLarge, match="100 bytes"):
        framer.feed(b"x" * 60)


def test_nesting_has_a_limit() -> None:
    fits = b'{"a":' * NESTING_MAX + b"1" + b"}" * NESTING_MAX
    assert Framer().feed(fits) == [fits]
    for text in (b'{"a":' * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000):
        with pytest.raises(ProtocolError, match="nests"):
            Framer().feed(text)


def test_an_echo_is_answered_with_what_it_carries() -> None:
    [request] = Decoder().feed(b'{"id":"echo","method":"echo","params":[1,"\xc3\xa9"]}')
    assert json.loads(encode_answer(request)) == {"id": "echo", "result": [1, "é"], "error": None}


def test_a_request_is_one_message() -> None:
    [message] = Decoder().feed(encode_request(7, "transact", ["db", {"op": "comment"}]))
    assert (bytes(message.id), message.method) == (b"7", "transact")
    assert json.loads(bytes(message.params)) == ["db", {"op": "comment"}]
