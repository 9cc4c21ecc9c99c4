"""Makes the modules of this directory (`regions`) importable from every test: pytest puts a conftest's directory on the
path."""
