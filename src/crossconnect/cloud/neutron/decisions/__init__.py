"""What becomes of Neutron's commands: decisions like those of the kinds, made of theirs."""
