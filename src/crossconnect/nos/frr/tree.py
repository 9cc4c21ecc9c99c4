"""The configuration tree of FRR: `nos.lines`, where every block has the line that closes it (`exit-vrf`)."""

from crossconnect.nos.lines import Block, Entry, Tree, lines

__all__ = ["Block", "Entry", "Tree", "lines"]
