"""The vocabulary: frozen value types, ids and units that two rooms or more need. Holds no behaviour of a room."""
