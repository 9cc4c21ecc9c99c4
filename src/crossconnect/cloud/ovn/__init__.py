"""Cloud documents to OVN northbound rows.

    changes --> World (documents, indexes) --> units that read what changed --> rows and contributions --> Delta

Invariant: the rows after any changes are those of a compile from nothing. Nothing here knows a clock, a socket or a
random number; the database's schema arrives as `Features`.
"""
