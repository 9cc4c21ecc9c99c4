"""Crossconnect: the network of a regional cloud as software."""

__version__ = "0.1.0"
