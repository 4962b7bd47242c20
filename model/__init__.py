"""The market in which agents meet: its state, stages of a day, accounts and measures."""
