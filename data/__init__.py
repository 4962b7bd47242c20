"""Facts and launch dates that ship with the program, each row with its source."""
