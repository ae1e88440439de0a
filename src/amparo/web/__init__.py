"""Room web: what every process with pages needs: gate, headers, forms, cookie, templates, words, files. Knows no page and no sentence."""
