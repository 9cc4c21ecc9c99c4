"""The nouns of a region as frozen typed records: exactly what the YAML says, one file per noun.

Invariant: a record is a value. It is decoded from a file, expanded into the inventory, and never changed.
Objects are named by paths such as `tenants/red/vrfs/prod/segments/web`; `Region.place` finds the file and line.
"""
