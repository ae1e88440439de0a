"""Databases, files and durability: how state is kept. Knows no room and no table of one."""
