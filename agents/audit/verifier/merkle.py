"""The Merkle tree of RFC 6962 section 2.1: leaves and nodes are hashed apart, and any number of leaves makes a tree.

A tree is kept as its frontier: the roots of the complete subtrees that make it up, largest first. Adding a leaf never
needs the leaves before it, so memory stays flat however long the trail is.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
SIZE = 32
STORED = 8  # nodes of every 8th level are kept, so that a proof reads rows instead of leaves


def leaf(body: bytes) -> bytes:
    return sha256(b"\x00" + body).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A growing tree. `kept` collects (level, index, hash) of complete subtrees at every 8th level, until taken."""

    def __init__(self, size: int = 0, frontier: bytes = b"") -> None:
        """size, frontier: of a tree that goes on; the frontier's hashes stand behind each other, largest subtree first.

        Raises ValueError when the two do not fit.
        """
        if len(frontier) != SIZE * size.bit_count():
            raise ValueError("the frontier does not fit the size")
        self.size = size
        self.kept: list[tuple[int, int, bytes]] = []
        levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
        self._pending = {level: frontier[at * SIZE : (at + 1) * SIZE] for at, level in enumerate(levels)}

    def extend(self, leaves: Sequence[bytes]) -> None:
        """The leaf hashes follow in this order. Works level by level: one pass of hashing for many leaves."""
        nodes, level, first = list(leaves), 0, self.size
        self.size += len(nodes)
        while nodes:
            if level and level % STORED == 0:
                self.kept += [(level, first + offset, hashed) for offset, hashed in enumerate(nodes)]
            if level in self._pending:
                nodes.insert(0, self._pending.pop(level))
                first -= 1
            if len(nodes) % 2:
                self._pending[level] = nodes.pop()
            nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
            level, first = level + 1, first // 2

    @property
    def root(self) -> bytes:
        """The RFC 6962 hash of all leaves so far."""
        found: bytes | None = None
        for level in sorted(self._pending):
            found = self._pending[level] if found is None else node(self._pending[level], found)
        return found or EMPTY

    @property
    def frontier(self) -> bytes:
        return b"".join(self._pending[level] for level in sorted(self._pending, reverse=True))


Subtree = Callable[[int, int], bytes]  # the hash of the leaves in [start, end)


def root_of(leaves: Sequence[bytes]) -> bytes:
    tree = Tree()
    tree.extend(leaves)
    return tree.root


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def inclusion(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 6962 2.1.1). Raises IndexError."""
    if not 0 <= index < size:
        raise IndexError(index)
    return list(_path(index, 0, size, subtree))


def _path(index: int, start: int, end: int, subtree: Subtree) -> Iterator[bytes]:
    if end - start == 1:
        return
    middle = start + _split(end - start)
    if index < middle:
        yield from _path(index, start, middle, subtree)
        yield subtree(middle, end)
    else:
        yield from _path(index, middle, end, subtree)
        yield subtree(start, middle)


def is_included(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 2.1.3.2: every step is checked, and the path must be exactly as long as the tree asks."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistency(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the one of `old` (RFC 6962 2.1.2). Raises IndexError."""
    if not 0 < old <= new:
        raise IndexError(old)
    return list(_between(old, 0, new, subtree, is_whole=True)) if old < new else []


def _between(old: int, start: int, end: int, subtree: Subtree, *, is_whole: bool) -> Iterator[bytes]:
    if start + old == end:
        if not is_whole:
            yield subtree(start, end)
        return
    middle = start + _split(end - start)
    if start + old <= middle:
        yield from _between(old, start, middle, subtree, is_whole=is_whole)
        yield subtree(middle, end)
    else:
        yield from _between(start + old - middle, middle, end, subtree, is_whole=False)
        yield subtree(start, middle)


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162 2.1.4.2: the two roots belong to one growing tree."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(sibling, first), node(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
