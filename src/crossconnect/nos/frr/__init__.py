"""FRR 8.4 (Debian 12) and 10.x on Linux: `frr.conf` and the Linux side below it."""
