"""The steps of the portal, one module each, and their table: a step is a line here (docs/extend/portal-step.md)."""

from typing import Final

from amparo.portal.steps import age, consent, files, happened, language, receipt, safe, sent, under_18, where
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
)
