"""Text sealed so that only whom it is for can open it: age, and boxes under a key one holds. Knows no room, database or socket."""
