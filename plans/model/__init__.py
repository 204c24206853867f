"""The plan: its schema, its reading with line-numbered errors, secrets, windows, digests, `people.csv`.

Nothing is imported here, so that the command line starts without pydantic and YAML: import from the modules.
"""
