"""transhumance takes an establishment from proprietary systems to open ones, and measures the way back."""

__version__ = "0.1.0"
