"""One module per network operating system: `change.Driver` in its own words. `registry` finds them by name."""
