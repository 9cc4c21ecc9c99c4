"""The nouns of the cloud, one module per noun: what it is, what requests may say of it, and what becomes of them.

Invariant: a kind is known to the rest of the product by the registry alone (`crossconnect.cloud.registry`).
"""
