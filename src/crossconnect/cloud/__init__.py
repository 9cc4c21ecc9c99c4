"""The tenants' network: resources with AWS's words, their rules, the logical network that they are (`logical`), and
what that is in OVN (`ovn`).

Invariant: decisions are pure and see one project; nothing here reads a clock, draws a random number or opens a socket.
"""
