"""gNMI's messages, made from `messages.proto` by `tools/gnmi-messages`; no line of the others is written by hand."""
