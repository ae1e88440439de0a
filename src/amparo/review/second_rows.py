"""The tables of what waits for a second person, and all SQL on them. Private to the room."""
