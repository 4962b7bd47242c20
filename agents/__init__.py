"""Agents that decide: platforms, merchants and users, and the strategies of platforms."""
