"""The tables of figures, and all SQL on them. Private to the room."""
