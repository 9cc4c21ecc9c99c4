"""A region's Git tree, read into the model; the inventory it expands to; the lock and its allocator.

Invariant: nothing is guessed and nothing is lost: each mistake in any file becomes a finding at its line, in one run.
"""
