"""A region's Git tree, read into the model; the inventory it expands to; the lock and its allocator.

Invariant: nothing is guessed and nothing is lost: each mistake in any file becomes a finding at its line, in one run.

Public: `tree.read_region`, `validate.validate`, `lock_text.read_lock` and `write_lock`, `inventory.expand`,
`allocate.allocate`, `schema.json_schemas`. They are imported from their modules, so that a command that needs the lock
only does not load YAML.
"""
