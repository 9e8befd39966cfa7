"""Addresses that alerts are not told to: where only machines talk, and clouds keep their credentials.

Link-local ones (RFC 3927, RFC 4291), and where the metadata services of clouds that use others stand: Alibaba Cloud
(100.100.100.200), Oracle Cloud (192.0.0.192), EC2 over IPv6 (fd00:ec2::254), by their own documentation.
"""

from __future__ import annotations

import ipaddress

_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")))


def is_refused(address: str, *, allow_link_local: bool = False) -> bool:
    """True for an address (digits, no name) that is not told; an IPv4 address may be written as IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_multicast or found.is_unspecified:
        return True
    return not allow_link_local and (found.is_link_local or found in _METADATA)


def names_refused(host: str, *, allow_link_local: bool = False) -> bool:
    """True for a host that is written as an address, and refused."""
    try:
        return is_refused(host, allow_link_local=allow_link_local)
    except ValueError:
        return False
