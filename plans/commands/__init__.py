"""What each command does, without a word of printing: the command line and any other face call these."""
