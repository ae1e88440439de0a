"""The upload log: what was uploaded, by item id and hash, for lists that come later. Off unless asked for; judges nothing."""
