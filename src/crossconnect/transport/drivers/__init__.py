"""One driver for each network operating system, all behind `change.Driver`."""
