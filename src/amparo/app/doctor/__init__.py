"""`amparo doctor`: says in words what is wrong with this installation. Mends nothing and changes nothing."""
