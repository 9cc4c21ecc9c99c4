"""FRR 8.4 (Debian 12) and 10.x on Linux: `frr.conf` and the Linux side below it.

Invariant: pure translation. Every line that is rendered is shown by the running daemon, or is its default and then
written so that no profile or version can change it; a tree holds no secret.
"""

from crossconnect.nos.frr.codes import CODES, VERSION_CODES, findings
from crossconnect.nos.frr.configuration import configuration_files
from crossconnect.nos.frr.difference import changes
from crossconnect.nos.frr.extra import whole_tree
from crossconnect.nos.frr.facts import VERSIONS, Version, version_of
from crossconnect.nos.frr.features import FEATURES, required_features
from crossconnect.nos.frr.files import daemons
from crossconnect.nos.frr.linux_side import linux_side
from crossconnect.nos.frr.parse import parse
from crossconnect.nos.frr.render import render
from crossconnect.nos.frr.text import secret_references, text
from crossconnect.nos.frr.tree import Block, Tree

__all__ = [
    "CODES",
    "FEATURES",
    "VERSIONS",
    "VERSION_CODES",
    "Block",
    "Tree",
    "Version",
    "changes",
    "configuration_files",
    "daemons",
    "findings",
    "linux_side",
    "parse",
    "render",
    "required_features",
    "secret_references",
    "text",
    "version_of",
    "whole_tree",
]
