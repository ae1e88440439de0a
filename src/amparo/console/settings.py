"""The settings of the console room."""

from dataclasses import dataclass, field

from amparo.web.addresses import check_address

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """How the console is seen from outside, how long a session lasts, and its bounds."""

    title: str = "Amparo"
    """Name of the console, last in the title of every page."""
    public_url: str = ""
    """Address under which staff reach the console, as https://console.example: passkeys belong to its host; empty: http://localhost, for trying it out alone."""
    proxies: str = ""
    """Networks whose X-Forwarded-For is believed, parted by commas, as 10.0.0.0/8,::1; empty: nobody's."""
    languages: str = "en,zh-Hans"
    """Languages staff can choose, parted by commas, in this order; zh-Hant, ko and ms are there for translators and speak English where a sentence is missing."""
    pseudo_languages: bool = False
    """Whether the two languages for tests are offered too."""
    idle_minutes: int = field(default=30, metadata={"min": 1, "max": 1_440})
    """A session that is not used for so long is over."""
    session_hours: int = field(default=12, metadata={"min": 1, "max": 168})
    """The longest a session can be."""
    connections_max: int = field(default=200, metadata=POSITIVE)
    """Connections held open at the same time; the next is refused."""
    header_ms_max: int = field(default=10_000, metadata=POSITIVE)
    """Time a sender has for the headers of a request, from the connection or the answer before; then it is hung up on."""
    header_bytes_max: int = field(default=16 * 1024, metadata=POSITIVE)
    """Size of a request's address and headers."""
    stall_ms_max: int = field(default=60_000, metadata=POSITIVE)
    """Time a reader may leave an answer untouched; then it is hung up on."""
    in_flight_max: int = field(default=32, metadata=POSITIVE)
    """Requests worked on at the same time; the next waits for its turn."""
    turn_ms_max: int = field(default=10_000, metadata=POSITIVE)
    """Time a request waits for its turn; then it is told to come back."""
    body_ms_max: int = field(default=60_000, metadata=POSITIVE)
    """Time a sender has for a whole body."""
    bodies_max: int = field(default=32, metadata=POSITIVE)
    """Bodies that may be coming in at the same time; where more do, the place that sends most of them loses its oldest."""
    form_bytes_max: int = field(default=1024 * 1024, metadata=POSITIVE)
    """Size of a form or of JSON a page sends."""


def check(settings: ConsoleSettings) -> None:
    """Raises: Misconfigured (bad_setting) for an address that is none."""
    check_address("console.public_url", settings.public_url)
