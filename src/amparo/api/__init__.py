"""The HTTP doors for platforms (contract: /openapi.json). Translates; every rule stands in the rooms below."""
