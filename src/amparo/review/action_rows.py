"""The tables of actions, webhooks and deliveries, and all SQL on them. Private to the room."""
