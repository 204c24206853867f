"""The ledger: the truth about a migration. Queue, progress and reports are rebuilt from it."""
