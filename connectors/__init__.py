"""Connectors: the only code that talks to a network, a driver or a foreign file. One room per outside system."""
