"""The desk: what persons sent becomes cases and contents, and what comes of them is shown back. Searches nothing."""
