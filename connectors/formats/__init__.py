"""What several connectors and migrators share: cores of open formats, names of files, listings, layouts of exports."""
