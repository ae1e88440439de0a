"""What staff decide: work from matches, reports, cases and tips; decisions and their undo; looks and their limits; actions and their delivery. Knows no page."""
