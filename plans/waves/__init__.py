"""Waves: the inventory, who is whom, frozen members, digests, approvals, drift."""
