"""Banks, their contents, opinions, thresholds and withdrawals: what is listed, by whom. Searches nothing."""
