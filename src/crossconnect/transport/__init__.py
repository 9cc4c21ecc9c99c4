"""Sessions with other systems: a codec without sockets each, and one thin asyncio session over it.

Invariant: what a protocol means (framing, values, what to do with a message) is decided by code that is handed bytes,
the time and random numbers; only a session opens sockets.
"""
