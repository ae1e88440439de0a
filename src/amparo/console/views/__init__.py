"""The views of the console, one module for each group of pages, with its doors (docs/extend/console-page.md)."""
