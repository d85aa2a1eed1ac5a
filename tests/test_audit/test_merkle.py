"""The tree against RFC 6962's own definition, and proofs that hold exactly for what they prove."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.audit.verifier import merkle
from agents.audit.verifier.merkle import Tree

# The test vectors of Certificate Transparency's reference implementation: leaves and the roots of the first n of them.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def defined(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node(defined(leaves[:k]), defined(leaves[k:]))


def some(count: int) -> list[bytes]:
    return [merkle.leaf(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize(("count", "root"), ROOTS.items())
def test_roots_are_those_of_the_published_vectors(count: int, root: str) -> None:
    assert merkle.root_of([merkle.leaf(body) for body in LEAVES[:count]]).hex() == root


@given(st.lists(st.integers(0, 700), max_size=6))
def test_a_tree_grown_in_any_steps_is_the_defined_one(steps: list[int]) -> None:
    leaves, tree, kept = some(sum(steps)), Tree(), []
    done = 0
    for step in steps:
        tree.extend(leaves[done : done + step])
        done += step
        kept += tree.kept
        tree = Tree(tree.size, tree.frontier)
    assert tree.root == defined(leaves)
    assert kept == [
        (level, index, defined(leaves[index << level : (index + 1) << level]))
        for level, index in sorted(((8, i) for i in range(len(leaves) >> 8)), key=lambda key: key[1])
    ]


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="frontier"):
        Tree(3, bytes(32))


@given(st.data(), st.integers(1, 130))
def test_inclusion_is_proved_for_its_leaf_place_and_tree_only(data: st.DataObject, size: int) -> None:
    leaves = some(size)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(index, size, lambda start, end: defined(leaves[start:end]))
    root = defined(leaves)
    assert merkle.is_included(leaves[index], index, size, path, root)
    assert not merkle.is_included(merkle.leaf(b"other"), index, size, path, root)
    assert not merkle.is_included(leaves[index], index, size, [*path, root], root)
    assert not merkle.is_included(leaves[index], index, size, path, defined(leaves[:-1]))
    if path:
        assert not merkle.is_included(leaves[index], index, size, path[:-1], root)
        at = data.draw(st.integers(0, len(path) - 1))
        bent = [*path[:at], bytes(32), *path[at + 1 :]]
        assert not merkle.is_included(leaves[index], index, size, bent, root)
    if size > 1:
        assert not merkle.is_included(leaves[index], (index + 1) % size, size, path, root)


@given(st.data(), st.integers(1, 130))
def test_consistency_is_proved_for_a_growing_tree_only(data: st.DataObject, new: int) -> None:
    leaves = some(new)
    old = data.draw(st.integers(1, new))
    proof = merkle.consistency(old, new, lambda start, end: defined(leaves[start:end]))
    before, after = defined(leaves[:old]), defined(leaves)
    assert merkle.is_consistent(old, before, new, after, proof)
    assert not merkle.is_consistent(old, merkle.leaf(b"other"), new, after, proof)
    assert not merkle.is_consistent(old, before, new, merkle.leaf(b"other"), proof)
    if old < new:
        assert not merkle.is_consistent(old, before, new, after, [])
        assert not merkle.is_consistent(old, before, new, after, [*proof, after])
        for at in range(len(proof)):  # every link is looked at, not only the last
            bent = [*proof[:at], bytes(32), *proof[at + 1 :]]
            assert not merkle.is_consistent(old, before, new, after, bent)
