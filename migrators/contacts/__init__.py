"""Contacts: people and distribution lists as vCards."""

from transhumance.migrators.contacts.codes import CODES

__all__ = ["CODES"]
