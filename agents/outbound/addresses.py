"""Which addresses are somebody else's, out on the internet. Pure."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


def is_allowed(address: Address, networks: tuple[Network, ...] = ()) -> bool:
    """True when the address, and any address that stands inside of it, is public or in one of the networks."""
    return all(_is_public(each) or any(each in network for network in networks) for each in (address, *_inside(address)))


def _is_public(address: Address) -> bool:
    """Loopback, link-local, site-local, private, shared, reserved (NAT64 too), documentation and multicast are not."""
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: Address) -> tuple[Address, ...]:
    """IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found: list[Address] = [each for each in (address.ipv4_mapped, address.sixtofour) if each is not None]
    if address.teredo is not None:
        found.extend(address.teredo)
    if address in NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(found)
