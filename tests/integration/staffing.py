"""Staff over a real ledger, signed up and signed in by the service itself, without a browser: a principal of each role. Tests nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from amparo.access.passkeys import Site
from amparo.access.signing import Newcomer, Signing
from amparo.access.staff import Staff
from amparo.access.staff_model import KeyName, StaffPrincipal, StaffRole
from amparo.sealing.age import Identity
from amparo.store.db import Database
from amparo.terms.clock import Clock
from tests.passkeys import SoftKey

SITE = Site("localhost", "http://localhost:8802", "Amparo")
SECRET = b"c" * 32
NETWORK = b"here"


@dataclass
class Office:
    """The accounts over one ledger. tokens: of sessions, by name; passkeys: by name."""

    staff: Staff
    signing: Signing
    tokens: dict[str, str] = field(default_factory=dict)
    passkeys: dict[str, SoftKey] = field(default_factory=dict)

    def join(
        self, role: StaffRole, name: str = "", keys: Mapping[KeyName, Sequence[Identity]] | None = None
    ) -> StaffPrincipal:
        """Somebody new of that role, signed in. name: the role's where there is none. keys: come with the invitation."""
        name = name or role
        self.passkeys[name] = SoftKey(SITE.origin, prf_seed=name.encode())
        self.tokens[name] = self.sign_up(self.staff.invite(role, keys=keys or {}), name)
        return self.principal(name)

    def sign_up(self, link: str, name: str) -> str:
        """The session of who signs up by that link, with the passkey of that name."""
        newcomer = Newcomer(link, name)
        asked = self.signing.begin_passkey(newcomer)
        return self.signing.finish_passkey(newcomer, asked.token, self.passkeys[name].make(asked.options))

    def sign_in(self, name: str) -> StaffPrincipal:
        """Signed in once more, by passkey."""
        asked = self.signing.begin_sign_in(NETWORK)
        self.tokens[name] = self.signing.finish_sign_in(asked.token, self.passkeys[name].show(asked.options))
        return self.principal(name)

    def principal(self, name: str) -> StaffPrincipal:
        """Who stands behind the last session of that name."""
        return self.staff.principal(self.tokens[name])


def office(db: Database, clock: Clock, secret: bytes = SECRET) -> Office:
    """Accounts over that ledger: ``office(db, clock).join("lead")`` is a principal with an opened key."""
    staff = Staff(db, clock, secret)
    return Office(staff, Signing(staff, SITE))
