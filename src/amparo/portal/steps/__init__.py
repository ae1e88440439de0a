"""The steps of the portal, one module each, and their table: a step is a line here (docs/extend/portal-step.md)."""

from typing import Final

from amparo.portal.steps import (
    age,
    case,
    consent,
    files,
    happened,
    home,
    language,
    receipt,
    safe,
    sent,
    tip,
    tip_receipt,
    under_18,
    where,
    withdraw,
)
from amparo.portal.visit import Step

TABLE: Final[tuple[Step, ...]] = (
    language.STEP,
    safe.STEP,
    age.STEP,
    under_18.STEP,
    happened.STEP,
    files.STEP,
    where.STEP,
    consent.STEP,
    receipt.STEP,
    sent.STEP,
    home.STEP,
    case.STEP,
    withdraw.STEP,
    tip.STEP,
    tip_receipt.STEP,
)
