"""Room doorway: HTTP connections with bounds, for every process that serves. Knows no route and no words of an answer."""
