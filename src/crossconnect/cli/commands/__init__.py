"""One module per `xc` command; each exports `command`, imported only when it is run."""
