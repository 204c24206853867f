"""What a person reads in a terminal: results on stdout, talk on stderr, in French and English, or JSON for machines."""
