"""Steps, in the order of `down_revision`."""
