from reviews.models.cadence import Cadence
from reviews.models.campaign import Campaign
from reviews.models.item import Item, ReviewDecision

__all__ = ["Cadence", "Campaign", "Item", "ReviewDecision"]
