"""Forms of mail that several connectors share: `mapi` (PST, Exchange)."""
