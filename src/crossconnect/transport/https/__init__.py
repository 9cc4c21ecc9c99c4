"""JSON-RPC 2.0 over HTTPS, as EOS (eAPI), NX-OS (NX-API) and SR Linux have it.

    jsonrpc                  requests and answers                         no sockets, no clock
    eapi, nxapi, srlinux     what each system says in them                no sockets, no clock
    redaction                secrets out of a device's words              no sockets, no clock
    session                  one connection: TLS, checked, limited, with a deadline on every call

Invariant: nothing is sent twice by itself. Where an answer is lost, what has become of it is asked of the device.
"""

from crossconnect.transport.https.errors import CommandRefused, HttpsError, NoAnswer, NotUnderstood, OutcomeUnknown
from crossconnect.transport.https.session import Session, tls_context

__all__ = ["CommandRefused", "HttpsError", "NoAnswer", "NotUnderstood", "OutcomeUnknown", "Session", "tls_context"]
