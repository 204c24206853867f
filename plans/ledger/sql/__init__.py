"""The ledger over SQLAlchemy Core, in rooms over one base; `schema` has its tables."""

from transhumance.plans.ledger.sql.base import RUN
from transhumance.plans.ledger.sql.findings import Findings
from transhumance.plans.ledger.sql.waves import Waves
from transhumance.plans.ledger.sql.work import Work

__all__ = ["RUN", "SqlLedger"]


class SqlLedger(Waves, Work, Findings):
    """A ledger store (`plans.ledger.contract.LedgerStore`)."""
