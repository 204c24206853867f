"""Forms of tasks, notes and journal entries that several connectors share."""

from transhumance.migrators.tasks.forms.mapi import CODECS

__all__ = ["CODECS"]
