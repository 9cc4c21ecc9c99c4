"""A blueprint as a lab of the vendors' own images, for the tools that run those: containerlab and EVE-NG.

What is written loads our configurations; nothing here starts anything, and the images are the user's.
"""

from __future__ import annotations

from crossconnect.lab.exports.containerlab import containerlab_files
from crossconnect.lab.exports.eve_ng import eve_ng_files
from crossconnect.lab.exports.images import IMAGES, Image
from crossconnect.lab.exports.nodes import ExportNode, export_nodes, unexportable

__all__ = ["IMAGES", "ExportNode", "Image", "containerlab_files", "eve_ng_files", "export_nodes", "unexportable"]
