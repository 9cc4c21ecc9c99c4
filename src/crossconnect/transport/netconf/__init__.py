"""NETCONF (RFC 6241) over SSH (RFC 6242): framing, hello, requests and replies without sockets; one thin session.

Invariant: `framing`, `xml`, `messages`, `dialogue` and `operations` are handed bytes and give values; only `session`
opens sockets.
"""
