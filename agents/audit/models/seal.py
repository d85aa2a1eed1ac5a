from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Epoch(models.Model):
    """A stretch of the trail in which nothing was rolled back and transaction ids only grew. Append-only.

    A new one begins when an operator acknowledges a restored backup, and when the database moved to another server,
    whose transaction ids start afresh. Events with an id above `after_id` belong to it (or to a later one).
    """

    number = models.PositiveIntegerField(primary_key=True)
    begun_at = models.DateTimeField()
    after_id = models.BigIntegerField(default=0)
    size_before = models.BigIntegerField(default=0)  # events sealed before it
    server = models.CharField(max_length=40, blank=True)  # PostgreSQL's system identifier; empty on SQLite
    reason = models.CharField(max_length=500)
    # What is known to be gone: the newest checkpoint of the epoch before, when the database was behind it.
    common_size = models.BigIntegerField(null=True, blank=True)  # up to here both histories are known to be one
    lost_size = models.BigIntegerField(null=True, blank=True)
    lost_root = models.BinaryField(max_length=32, null=True, blank=True)

    objects: ClassVar[models.Manager["Epoch"]] = models.Manager()

    class Meta:
        verbose_name = _("epoch")
        verbose_name_plural = _("epochs")
        ordering = ("number",)

    def __str__(self) -> str:
        return f"epoch {self.number}"


class Seal(models.Model):
    """A batch of events that got their positions, in the order of (xid, id). Append-only.

    The batch is all events of its epoch after the one before it, up to (last_xid, last_id). `root` is the RFC 6962
    root of all events up to `size`; `digest` chains this seal to the one before.
    """

    number = models.BigIntegerField(primary_key=True)
    epoch = models.PositiveIntegerField()
    size = models.BigIntegerField(unique=True)  # events sealed so far, this batch included
    count = models.PositiveIntegerField()
    last_xid = models.BigIntegerField()
    last_id = models.BigIntegerField()
    last_at = models.DateTimeField()  # the latest time any of its events names
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField(max_length=64 * 32)  # roots of the complete subtrees that make up the tree, largest first
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Seal"]] = models.Manager()

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("previous",), name="seal_no_fork"),)

    def __str__(self) -> str:
        return f"seal {self.number}"


class TreeNode(models.Model):
    """The root of a complete subtree of 256, 65,536, … events, so that a proof reads a few rows. Append-only."""

    level = models.PositiveSmallIntegerField()  # a multiple of 8: the subtree has 2 ** level events
    index = models.BigIntegerField()  # the subtree begins at position index * 2 ** level
    hash = models.BinaryField(max_length=32)

    objects: ClassVar[models.Manager["TreeNode"]] = models.Manager()

    class Meta:
        verbose_name = _("tree node")
        verbose_name_plural = _("tree nodes")
        constraints = (models.UniqueConstraint(fields=("level", "index"), name="tree_node_once"),)

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"
