"""Amparo: finds, removes and proves non-consensual intimate images. Rooms and floors: docs/architecture.md."""

__version__ = "0.1.0"
