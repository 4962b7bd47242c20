"""The deciders: platforms, merchants and users, and the strategies they follow."""
