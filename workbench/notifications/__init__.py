"""Notifications of what happens to runs and selections, and the ways to send them."""
