"""What becomes of commands, one module per noun: `create(body, view, context)`, `update(resource, patch, view,
context)`, `delete(resource, view, context)`, each to a `Change`, or `Refused`.

Invariant: pure. Names, tags, quotas, references to what does not exist, and deletion of what is still used are the
service's; everything else that AWS would refuse is refused here.
"""
