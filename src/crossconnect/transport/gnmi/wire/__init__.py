"""Messages of gNMI and of gNOI's ping, made from the .proto files by `tools/gnmi-messages`; no line of the others is
written by hand."""
