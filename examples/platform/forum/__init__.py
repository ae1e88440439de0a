"""A small forum that shows pictures: how a platform asks Amparo, takes what it is asked, and passes on reports. Not for use: it has no sign-in."""
