"""The routes of Meta's HMA (Hasher-Matcher-Actioner), so that clients written for it work here: its paths and shapes over the
same rooms. No second way to list or to match; what HMA itself does with exchanges is not served. See docs/hma.md.
"""
