"""The `xc` command: thin, one file per command, lazy imports."""
