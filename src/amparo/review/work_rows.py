"""The tables of work of the queue, decisions, locks, comments, and all SQL on them. Private to the room."""
