"""`python -m crossconnect.cli` is `xc`."""

from crossconnect.cli.main import main

main()
