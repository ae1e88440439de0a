"""What Alembic runs: the connection is handed in by `store.schema`, never made here."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, render_as_batch=True, transactional_ddl=False)
context.run_migrations()
