"""Who may ask: clients, their API keys, roles and limits. Knows nothing of what they ask for."""
