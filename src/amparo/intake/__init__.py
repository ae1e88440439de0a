"""What a person sends and is shown, in a database of its own. Knows no bank and no case."""
