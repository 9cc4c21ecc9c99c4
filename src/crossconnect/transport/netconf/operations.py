"""RFC 6241's operations as elements: what a session is asked."""

from __future__ import annotations

from typing import Literal
from xml.etree.ElementTree import Element

from crossconnect.transport.netconf.xml import element

Datastore = Literal["running", "candidate", "startup"]


def lock(datastore: Datastore) -> Element:
    """Nobody else may change it until the session ends. Answered by `lock-denied` with whose it is (section 7.5)."""
    return element("lock", element("target", element(datastore)))


def unlock(datastore: Datastore) -> Element:
    """Give it back."""
    return element("unlock", element("target", element(datastore)))


def get_config(datastore: Datastore) -> Element:
    """All of a datastore's configuration."""
    return element("get-config", element("source", element(datastore)))


def edit_config(config: Element, default: Literal["merge", "replace", "none"] = "merge") -> Element:
    """Change the candidate by `config`, all or nothing where the server can (`rollback-on-error`, section 8.5)."""
    return element(
        "edit-config",
        element("target", element("candidate")),
        element("default-operation", text=default),
        element("error-option", text="rollback-on-error"),
        element("config", config),
    )


def validate(datastore: Datastore = "candidate") -> Element:
    """Would it be taken? (Section 8.6.)"""
    return element("validate", element("source", element(datastore)))


def discard() -> Element:
    """The candidate becomes what runs (section 8.3)."""
    return element("discard-changes")


def commit() -> Element:
    """The candidate becomes what runs, for good."""
    return element("commit")


def commit_confirmed(seconds: int, persist: str) -> Element:
    """The candidate runs for so long, whatever becomes of the session; then what ran before does, unless `confirm` is
    called with the same token (section 8.4, version 1.1)."""
    timeout = element("confirm-timeout", text=str(seconds))
    return element("commit", element("confirmed"), timeout, element("persist", text=persist))


def confirm(persist: str) -> Element:
    """Keep what was committed with that token."""
    return element("commit", element("persist-id", text=persist))


def cancel_commit(persist: str) -> Element:
    """Take back what was committed with that token, now."""
    return element("cancel-commit", element("persist-id", text=persist))


def copy_config(source: Datastore, target: Datastore) -> Element:
    """Overwrite one datastore by another: `running` to `startup` saves (section 7.3)."""
    return element("copy-config", element("target", element(target)), element("source", element(source)))


def close_session() -> Element:
    """Good-bye: locks are given back, what is confirmed by a token goes on."""
    return element("close-session")
