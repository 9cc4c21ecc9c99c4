"""The tenants' API: HTTP and JSON over the service, the same for every kind of resource.

    request -> rate limit -> authentication -> authorisation -> service -> answer -> audit record

Invariant: nothing here is written per kind. Routes, the OpenAPI document, the command line and the client follow from
the registry of kinds.
"""
