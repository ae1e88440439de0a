"""Room console: pages for staff. Decides nothing itself and holds no SQL."""
