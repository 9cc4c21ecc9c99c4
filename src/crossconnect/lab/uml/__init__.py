"""The lab inside user-mode-linux: a Linux 6.1 with VRFs, bonds and VLANs, started as an ordinary process.

Invariant: the guest sees the host's files and cannot change one, except those of its exchange directory; when its
process ends, everything inside has ended with it.
"""
