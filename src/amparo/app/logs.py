"""How processes of Amparo log: one JSON object a line on stderr. What may stand in a line, each room minds itself."""

import logging
import sys

import structlog


def log_to_stderr() -> None:
    """Set it up for this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # its lines quote what clients sent
