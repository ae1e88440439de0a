"""The tables of looks, what they cost, and media held for them, and all SQL on them. Private to the room."""
