"""The settings of the portal room."""

from dataclasses import dataclass, field

from amparo.web.addresses import check_address

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """How the portal is seen from outside, and its bounds."""

    title: str = "Notes"
    """Title of every page, as the list of open tabs shows it: say nothing of what this is."""
    public_url: str = ""
    """Address under which browsers reach the portal, as https://notes.example; empty: plain HTTP, for trying it out alone."""
    exit_url: str = ""
    """Where the exit leads to, a whole address; empty: a calendar that says nothing of the portal."""
    proxies: str = ""
    """Networks whose X-Forwarded-For is believed, parted by commas, as 10.0.0.0/8,::1; empty: nobody's."""
    languages: str = "en,zh-Hans,zh-Hant,ko,ms"
    """Languages that are offered, parted by commas, in this order."""
    pseudo_languages: bool = False
    """Whether the two languages for tests are offered too."""
    connections_max: int = field(default=500, metadata=POSITIVE)
    """Connections held open at the same time; the next is refused."""
    header_ms_max: int = field(default=10_000, metadata=POSITIVE)
    """Time a sender has for the headers of a request, from the connection or the answer before; then it is hung up on."""
    header_bytes_max: int = field(default=16 * 1024, metadata=POSITIVE)
    """Size of a request's address and headers."""
    stall_ms_max: int = field(default=60_000, metadata=POSITIVE)
    """Time a reader may leave an answer untouched; then it is hung up on."""
    in_flight_max: int = field(default=128, metadata=POSITIVE)
    """Requests read or worked on at the same time; the next waits for its turn. Each may hold a form in memory."""
    turn_ms_max: int = field(default=10_000, metadata=POSITIVE)
    """Time a request waits for its turn; then it is told to come back."""
    body_ms_max: int = field(default=120_000, metadata=POSITIVE)
    """Time a sender has for a whole body: a phone on a poor line."""
    bodies_max: int = field(default=64, metadata=POSITIVE)
    """Bodies that may be coming in at the same time; where more do, the place that sends most of them loses its oldest."""
    form_bytes_max: int = field(default=4 * 1024 * 1024, metadata=POSITIVE)
    """Size of a form. Far more than is taken, so that what is too long can be given back to her."""
    open_ms_min: int = field(default=400, metadata={"min": 1, "max": 10_000})
    """Time before a typed receipt number is answered, right or wrong."""
    part_bytes_max: int = field(default=256 * 1024, metadata=POSITIVE)
    """Size of one part of file hashes; the page sends what is longer in several."""


def check(settings: PortalSettings) -> None:
    """Raises: Misconfigured (bad_setting) for addresses that are none."""
    check_address("portal.public_url", settings.public_url)
    check_address("portal.exit_url", settings.exit_url)


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How often within an hour. A place is a network of some 256 homes (/24, /48 of IPv6); one alone may be a whole town behind one address."""

    sessions_per_place: int = field(default=300, metadata=POSITIVE)
    """Visits begun from one place in an hour."""
    sessions: int = field(default=20_000, metadata=POSITIVE)
    """Visits begun in an hour, all places together."""
    guesses_per_place: int = field(default=60, metadata=POSITIVE)
    """Receipt numbers and helper keys typed at one place in an hour, right ones too."""
    guesses: int = field(default=3_000, metadata=POSITIVE)
    """Receipt numbers and helper keys typed in an hour, all places together."""
    cases_per_place: int = field(default=20, metadata=POSITIVE)
    """New cases from one place in an hour; a helper who enters for callers is counted by her key instead."""
    cases: int = field(default=1_000, metadata=POSITIVE)
    """New cases in an hour, all places together."""
    tips_per_place: int = field(default=20, metadata=POSITIVE)
    """New tips from one place in an hour."""
    tips: int = field(default=500, metadata=POSITIVE)
    """New tips in an hour, all places together."""
    messages_per_place: int = field(default=60, metadata=POSITIVE)
    """Messages and changes of safe-contact words from one place in an hour."""
    messages: int = field(default=3_000, metadata=POSITIVE)
    """Messages and changes of safe-contact words in an hour, all places together."""
    file_parts_per_place: int = field(default=600, metadata=POSITIVE)
    """Parts of file hashes (each at most 256 KiB) from one place in an hour."""
    file_parts: int = field(default=20_000, metadata=POSITIVE)
    """Parts of file hashes in an hour, all places together."""
    unproved_percent: int = field(default=25, metadata={"min": 1, "max": 100})
    """The share of each limit that holds for requests without a proof of work, as from a browser with scripts off; counted apart."""
    work_bits: int = field(default=17, metadata={"min": 1, "max": 30})
    """Leading zero bits a proof of work needs: each bit more doubles the work of a browser."""
    work_minutes: int = field(default=120, metadata={"min": 1, "max": 1_440})
    """How long the question of a proof of work stays good after its page was made."""
