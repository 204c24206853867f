"""What the report says, gathered from ledger, item map and plan: nothing is invented; what nobody gathered is
missing."""

from transhumance.plans.facts.gather import gather

__all__ = ["gather"]
