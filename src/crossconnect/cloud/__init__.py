"""The tenants' network: resources with AWS's words, their rules, and what they compile to in OVN.

Invariant: decisions are pure and see one project; nothing here reads a clock, draws a random number or opens a socket.
"""
