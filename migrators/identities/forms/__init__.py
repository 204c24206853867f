"""Forms of identities that targets share or that have a codec of their own: one module each."""
