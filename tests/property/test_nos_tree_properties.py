"""Trees of lines and of JSON: text reads back, a difference leads from one to the other, and its inverse back."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossconnect.nos import document
from crossconnect.nos.braces import braced_tree
from crossconnect.nos.line_changes import Grammar, changes, merged
from crossconnect.nos.line_changes import key_of as grammar_key
from crossconnect.nos.lines import (
    Block,
    Entry,
    Path,
    Tree,
    braced_text,
    entry,
    flat_lines,
    header_of,
    indented_text,
    indented_tree,
)

WORDS = st.sampled_from(["alpha", "beta 1", "beta 2", "gamma x y", "delta [ a b ]", "no epsilon"])
HEADERS = st.sampled_from(["interface e1", "interface e2", "router bgp 1", "map m permit 10", "map m deny 10"])


def trees(depth: int = 3) -> st.SearchStrategy[Tree]:
    item: st.SearchStrategy[Entry] = WORDS
    if depth:
        item |= st.builds(entry, HEADERS, trees(depth - 1))
    return st.lists(item, max_size=5, unique_by=header_of).map(tuple)


@given(trees())
def test_indented_text_reads_back(tree: Tree) -> None:
    assert indented_tree(indented_text(tree, separator="!")) == tree


@given(trees())
def test_braced_text_reads_back(tree: Tree) -> None:
    assert braced_tree(braced_text(tree)) == tree


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert isinstance(indented_tree(text), tuple)


@given(st.text(alphabet='a b\n{};"#/*[]'))
def test_text_with_braces_is_read_or_refused_with_its_line(text: str) -> None:
    why = ""
    tree: Tree = ()
    try:
        tree = braced_tree(text)
    except ValueError as error:
        why = str(error)
    assert not why or why.startswith("line ")
    assert braced_tree(braced_text(tree)) == tree


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("system {\n  host-name a;\n", "line 1: the block `system` is not closed"),
        ("system {\n  host-name a;\n}\n}\n", "line 4: a `}` too many"),
        ("system {\n  host-name a\n}\n", "line 2: `host-name a` does not end"),
        ("\nset system host-name a\n", "line 2: `set ...` is a command"),
        ('system {\n message "a;\n}\n', "line 2: a string or comment is not closed"),
        ("router { bgp } {", "line 1: `bgp` does not end"),
        ("{ a; }", "line 1: nothing stands before"),
    ],
)
def test_text_with_wrong_braces_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        braced_tree(text)


def test_blocks_may_stand_in_one_line_and_comments_anywhere() -> None:
    text = 'system { host-name "a # b"; /* no\n comment; */ ntp { server 10.0.0.1; } } ## SECRET-DATA\n# no\n'
    ntp = Block("ntp", ("server 10.0.0.1",))
    assert braced_tree(text) == (Block("system", ('host-name "a # b"', ntp)),)


def test_a_banner_stands_as_it_is() -> None:
    tree: Tree = (Block("banner login", ("  two  blanks", "! no comment"), "EOF"), "hostname a")
    assert indented_tree(indented_text(tree), verbatim={"banner login": "EOF"}) == tree


def test_flat_lines_have_the_whole_path_and_a_line_per_member() -> None:
    tree = braced_tree("policy {\n    term a {\n        from family inet;\n        then [ x y ];\n    }\n}\n")
    assert flat_lines(tree) == ["policy term a from family inet", "policy term a then x", "policy term a then y"]


# --- differences of lines, carried out by a device that knows nothing but `no` ---------------------------------------

GRAMMAR = Grammar(
    single={"": ("beta",), "interface": ("beta",), "router": ("beta",), "map": ("beta",)},
    kept=("interface *",),
    anew=("map *",),
    definitions=("map *",),
    header_key=lambda h: " ".join((h.split()[0], h.split()[1], h.split()[3])) if h.startswith("map ") else h,
)


def single_valued(depth: int = 2) -> st.SearchStrategy[Tree]:
    """Trees that a device could have: one line per key, one block per header."""
    item: st.SearchStrategy[Entry] = WORDS
    if depth:
        item |= st.builds(lambda h, b: Block(h, b), HEADERS, single_valued(depth - 1).filter(bool))
    key = lambda e: GRAMMAR.header_key(e.header) if isinstance(e, Block) else grammar_key(GRAMMAR, ("map",), e)  # noqa: E731
    return st.lists(item, max_size=5, unique_by=key).map(tuple)


Config = dict[str, "Config | None"]


def config(tree: Tree) -> Config:
    out: Config = {}
    for item in tree:
        out[header_of(item)] = None if isinstance(item, str) else config(item.body)
    return {k: v for k, v in out.items() if v is None or v or not k.startswith("interface ")}


def carried_out(before: Config, commands: Tree, path: Path = ()) -> Config:
    """A device: a line takes the place of the one of its key, `no` removes, a header enters its block."""
    now = dict(before)
    for command in commands:
        if isinstance(command, Block):
            inside = now.get(command.header) or {}
            now[command.header] = carried_out(inside, command.body, (*path, command.header))
            continue
        if command.startswith("no ") and command[3:] in now:
            del now[command[3:]]
            continue
        if command == "epsilon":
            now.pop("no epsilon", None)
            continue
        for line in [
            k
            for k, v in now.items()
            if v is None and grammar_key(GRAMMAR, path, k) == grammar_key(GRAMMAR, path, command)
        ]:
            del now[line]
        now[command] = None
    return {k: v for k, v in now.items() if v is None or v or not k.startswith("interface ")}


@given(single_valued(), single_valued())
def test_changes_of_lines_lead_there_and_back(old: Tree, new: Tree) -> None:
    assert carried_out(config(old), changes(old, new, GRAMMAR)) == config(new)
    assert carried_out(config(new), changes(new, old, GRAMMAR)) == config(old)
    assert changes(new, new, GRAMMAR) == ()


def test_what_uses_goes_first_and_definitions_go_last() -> None:
    old: Tree = (Block("map m permit 10", ("alpha",)), Block("router bgp 1", ("gamma use m",)), "beta 1")
    assert changes(old, (), GRAMMAR) == ("no beta 1", "no router bgp 1", "no map m permit 10")


def test_hardware_is_emptied_and_never_removed() -> None:
    bare: Tree = ("interface e1",)
    used: Tree = (Block("interface e1", ("alpha",)),)
    assert changes(used, (), GRAMMAR) == changes(used, bare, GRAMMAR) == (Block("interface e1", ("no alpha",)),)
    assert changes(bare, used, GRAMMAR) == (Block("interface e1", ("alpha",)),)
    assert changes(bare, (), GRAMMAR) == ()


def test_extra_lines_are_merged_and_what_they_override_is_said() -> None:
    tree: Tree = (Block("router bgp 1", ("beta 1", "gamma x")), "alpha")
    extra: Tree = (Block("router bgp 1", ("beta 2", "delta")), "no alpha", "epsilon")
    both, overrides = merged(tree, extra, lambda path, line: grammar_key(GRAMMAR, path, line))
    assert both == (Block("router bgp 1", ("beta 2", "gamma x", "delta")), "epsilon")
    assert [(o.path, o.line, o.replaced) for o in overrides] == [
        (("router bgp 1",), "beta 2", "beta 1"),
        ((), "no alpha", "alpha"),
    ]


# --- JSON -------------------------------------------------------------------------------------------------------------

SHAPE = document.Shape(
    keys={"list": ("name",), "list/inner": ("a", "b"), "rules": ("name",)}, ordered=frozenset({"rules"})
)
SCALARS = st.one_of(st.integers(-3, 3), st.booleans(), st.sampled_from(["x", "y/~z"]))
INNER = st.lists(
    st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.sampled_from("pq"), "value": SCALARS}),
    max_size=3,
    unique_by=lambda e: (e["a"], e["b"]),
)
NAMED = st.fixed_dictionaries(
    {"name": st.sampled_from("mnop")}, optional={"value": SCALARS, "inner": INNER.filter(bool)}
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "list": st.lists(NAMED, max_size=4, unique_by=lambda e: e["name"]),
        "rules": st.lists(NAMED, max_size=4, unique_by=lambda e: e["name"]),
        "plain": st.lists(SCALARS, max_size=3),
        "object": st.dictionaries(st.sampled_from("abc"), SCALARS),
        "value": SCALARS,
    },
)


def settled(value: document.Value, path: str = "") -> object:
    """Without the order of lists in which it means nothing, and told true from 1."""
    if isinstance(value, dict):
        return {k: settled(v, f"{path}/{k}" if path else k) for k, v in sorted(value.items())}
    if isinstance(value, list):
        items = [settled(v, path) for v in value]
        return (
            items
            if path not in SHAPE.keys or path in SHAPE.ordered
            else sorted(items, key=lambda i: repr(sorted(i.items())))
        )  # type: ignore[union-attr]
    return (type(value).__name__, value)


@given(DOCUMENTS)
def test_json_text_reads_back(value: document.Value) -> None:
    assert document.parse(document.text(value)) == value


@given(DOCUMENTS, DOCUMENTS)
@example({"plain": [0]}, {"plain": [False]})
def test_a_difference_of_documents_leads_there_and_its_inverse_back(old: document.Value, new: document.Value) -> None:
    operations = document.difference(old, new, SHAPE)
    there = document.applied(old, operations, SHAPE)
    assert settled(there) == settled(new)
    assert settled(document.applied(there, document.inverse(operations), SHAPE)) == settled(old)
    assert document.difference(new, new, SHAPE) == ()


def test_paths_as_devices_write_them() -> None:
    path: document.Path = ("interface", (("name", "ethernet-1/1"),), "subinterface", (("index", "0"),))
    assert document.keyed_path(path) == "/interface[name=ethernet-1/1]/subinterface[index=0]"
    assert document.pointer(("VLAN_MEMBER", "Vlan10|Ethernet0/1")) == "/VLAN_MEMBER/Vlan10|Ethernet0~11"


def test_extra_values_are_merged_and_null_takes_out() -> None:
    old: document.Value = {"list": [{"name": "m", "value": 1}], "value": 2, "object": {"a": 1}}
    extra: document.Value = {"list": [{"name": "m", "value": 3}, {"name": "n"}], "value": None}
    both, overrides = document.merged(old, extra, SHAPE)
    assert both == {"list": [{"name": "m", "value": 3}, {"name": "n"}], "object": {"a": 1}}
    assert [(document.keyed_path(o.path), o.value, o.replaced) for o in overrides] == [
        ("/list[name=m]/value", 3, 1),
        ("/value", None, 2),
    ]
