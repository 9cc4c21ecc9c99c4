"""The cloud's state in a relational database: SQLite in a file, or PostgreSQL, by the same statements.

Invariant: every statement that answers a tenant carries the tenant's project (`view.ProjectView`, `reading`).
"""
