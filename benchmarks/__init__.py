"""Measurements that print a table each; nothing imports them."""
