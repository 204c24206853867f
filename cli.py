"""The command line: parse, call plans, print; no logic."""
