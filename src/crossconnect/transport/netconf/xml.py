"""XML of a message to elements, safely: no document type, no entities of one's own, no endless nesting.

Names are kept without their namespaces: Junos puts its version into them, and no two servers agree on prefixes.
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

DEPTH_MAX = 200
"""Elements within elements. Vendors' deepest models have some 30."""
_FORBIDDEN = {chr(code) for code in range(32)} - {"\t", "\n", "\r"}


class XmlError(ValueError):
    """The octets are not XML as RFC 6241 section 3 has it. Inside this package only."""


def parsed(octets: bytes) -> Element:
    """The root element, its names without namespaces. XmlError."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_MAX:
            raise XmlError(f"elements are nested more than {DEPTH_MAX} deep")
        builder.start(local(name), {local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(local(name))

    def doctype(*_: object) -> None:
        raise XmlError("it has a document type, which NETCONF forbids (RFC 6241 section 3)")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(octets.strip(b" \t\r\n"), True)
    except expat.ExpatError as error:
        raise XmlError(f"it is no XML: {error}") from error
    except (ValueError, LookupError) as error:  # an encoding that nobody has
        raise error if isinstance(error, XmlError) else XmlError(f"it is no XML: {error}") from error
    return builder.close()


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition(" ")[2]


def element(tag: str, *children: Element, text: str = "", **attributes: str) -> Element:
    """An element. Underscores in the names of attributes are hyphens; `text` must be text that XML can have."""
    if not _FORBIDDEN.isdisjoint(text):
        raise XmlError("control characters cannot stand in XML")
    made = Element(tag, {key.replace("_", "-"): value for key, value in attributes.items()})
    made.text = text or None
    made.extend(children)
    return made


def text_of(root: Element, name: str) -> str:
    """Text of the first element of that name below the root; empty when there is none."""
    found = next(root.iter(name), None)
    return "" if found is None else "".join(found.itertext()).strip()
