"""`region.lock`: every allocated number, in the same Git repository as the intent."""

from __future__ import annotations

import msgspec


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers by pool and key. Values are text: an address, a prefix, a port name, or a decimal number.

    Pools and their keys:
      loopback-v4, loopback-v6    switch name -> address
      management-v4, -v6          switch name -> interface address (with the pool's length)
      link-v4, link-v6            fabric cable key -> /31, /127 prefix (a end takes the lower address)
      handoff-v4, handoff-v6      handoff key `peer/switch/vrf` -> /31, /127 prefix (our switch takes the lower)
      asn                         ASN group -> number
      device                      switch name -> number 1..65535 (router MACs derive from it)
      vlan                        segment path (`pod:segment path` where VLANs are scoped to pods) -> VLAN id
      handoff-vlan                handoff key -> VLAN id
      l2vni, l3vni                segment path, VRF path -> VNI
      evi                         segment path, VRF path -> number 10001..65535 (route distinguishers derive from it)
      esi                         server name -> number 1..2**24-1 (discriminator of a type 3 ESI)
      lag/<first leaf>            server name -> number of its bond, where leaves are no FRR (see `bonds`)
      host                        server name -> number 1..2**24-1 (MAC addresses derive from it)
      port/<switch>               cable key -> port name; also of external routers
      rack/<pod>                  `pattern#entry.place in the entry` -> number in the pod (the rack's name has it)
      leaf/<pod>                  `rack name#place in the rack` -> number in the pod (the leaf's name has it)
    """

    serial: int = 0
    """Counts the locks of the region; a freed number rests for `resting_locks` serials."""
    numbers: dict[str, dict[str, str]] = {}
    resting: dict[str, dict[str, int]] = {}
    """Pool -> value -> serial at which it was freed. Where numbers are unique per pod or switch it is `pool/pod`. Ports
    and bonds do not rest: a pulled cable leaves nothing behind that a new one could be mistaken for."""

    def get(self, pool: str, key: str) -> str:
        """The value of `key` in `pool`. KeyError is our bug: `allocate` fills every demand or reports a finding."""
        return self.numbers[pool][key]


def still_resting(before: Lock, locks: int) -> dict[str, dict[str, int]]:
    """Freed numbers that the next lock must not give out, when they rest for so many locks."""
    serial = before.serial + 1
    return {
        pool: kept
        for pool, values in before.resting.items()
        if (kept := {value: freed for value, freed in values.items() if serial - freed < locks})
    }
