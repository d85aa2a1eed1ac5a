import ipaddress

import pytest

from agents.outbound.addresses import is_allowed

INNER = """
    0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255 192.0.2.1 192.168.1.1 198.18.0.1
    224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 ::ffff:127.0.0.1
    ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1:: 2001:0:7f00:1::
"""


@pytest.mark.parametrize("address", INNER.split())
def test_inner_addresses_are_refused_also_inside_of_others(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "172.32.0.1"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address))


def test_a_network_that_was_named_is_allowed_and_its_neighbour_is_not() -> None:
    named = (ipaddress.ip_network("10.1.0.0/16"),)
    assert is_allowed(ipaddress.ip_address("10.1.2.3"), named)
    assert not is_allowed(ipaddress.ip_address("10.2.2.3"), named)
    assert not is_allowed(ipaddress.ip_address("::ffff:10.1.2.3"), named)


def test_an_address_inside_of_a_named_nat64_network_is_looked_at_too() -> None:
    named = (ipaddress.ip_network("64:ff9b::/96"),)
    assert is_allowed(ipaddress.ip_address("64:ff9b::808:808"), named)
    assert not is_allowed(ipaddress.ip_address("64:ff9b::7f00:1"), named)
