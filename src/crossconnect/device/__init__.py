"""The vendor-neutral configuration of one device, in the nouns of OpenConfig.

Invariant: complete and specific. A renderer makes no design decision: whatever a network OS must be told is here,
with its number; whatever is not here is not configured. Sequences are in canonical order (names sorted naturally,
statements as written), so equal configurations are equal values.
"""
