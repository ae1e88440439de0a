"""The tables of staff, their keys and sessions, and all SQL on them. Private to the room."""
