"""Assertions round-trip: promise -> text -> promise, and promise -> YAML -> promise, for every kind."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.checks.assertion_text import Misread, assertion_text, misread_text, parse_assertion
from crossconnect.intent.tree import read_region_from_texts
from crossconnect.model.promise import END_WORDS, ENDS, THROUGH_ENDS, Promise

names = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True) | st.sampled_from(
    ("can", "via", "reaches", "with", "never", "tenant", "surviving", "to")
)
_BARE = {"server", "tenant", "peer", "device", "leaf", "rack", "pod", "role", "site"}


@st.composite
def ends(draw: st.DrawFn, words: tuple[str, ...]) -> str:
    word = draw(st.sampled_from(words))
    if word in ("internet", "infrastructure"):
        return word
    if word == "prefix":
        name = draw(st.sampled_from(("10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "192.0.2.1")))
    elif word in ("vrf", "segment"):
        name = "/".join(draw(names) for _ in range(2 if word == "vrf" else draw(st.integers(2, 3))))
    else:
        name = draw(names)
    shown = (word in _BARE and name in END_WORDS) or draw(st.booleans())
    return f"{word} {name}" if shown else name


@st.composite
def promises(draw: st.DrawFn) -> Promise:
    kind = draw(st.sampled_from(sorted(ENDS)))
    sources, destinations = ENDS[kind]
    survives = draw(st.integers(0, 2))
    elements = draw(st.lists(st.sampled_from(("link", "device", "rack", "site")), unique=True))
    return Promise(
        name="p",
        source=draw(ends(sources)),
        destination=draw(ends(destinations)),
        kind=kind,  # type: ignore[arg-type]
        survives=survives,
        of=tuple(elements) if survives else (),  # type: ignore[arg-type]
        through=draw(ends(THROUGH_ENDS)) if kind in ("via", "not-via") else "",
        paths=draw(st.integers(1, 256)) if kind == "width" else 0,
        disjoint=kind == "width" and draw(st.booleans()),
        hops=draw(st.integers(1, 64)) if kind == "length" else 0,
        exactly=kind == "length" and draw(st.booleans()),
    )


@given(promises())
def test_a_promise_is_its_text(promise: Promise) -> None:
    text = assertion_text(promise)
    read = parse_assertion(text, "p")
    assert isinstance(read, Promise), misread_text(read)
    assert assertion_text(read) == text
    assert read == promise


@given(promises())
def test_a_promise_is_its_yaml(promise: Promise) -> None:
    fields = {key: value for key, value in msgspec.to_builtins(promise).items() if value not in ("", 0, False, [], ())}
    document = msgspec.json.encode({"promises": [fields]}).decode()  # JSON is YAML
    region, findings = read_region_from_texts({"region.yaml": REGION, "checks/p.yaml": document})
    assert not [f for f in findings if f.place.file == "checks/p.yaml"], findings
    assert region is not None
    assert region.promises == (promise,)
    read = parse_assertion(assertion_text(region.promises[0]), "p")
    assert not isinstance(read, Misread)
    assert read == promise


REGION = "format: 1\nname: r\nsites: [{name: north}]\npools: []\n"


@given(st.text(max_size=60) | st.lists(names, max_size=8).map(" ".join))
def test_any_text_is_read_or_told_why_not(text: str) -> None:
    read = parse_assertion(text, "p")
    if isinstance(read, Misread):
        assert 1 <= read.column <= len(text) + 1
        assert read.expected
