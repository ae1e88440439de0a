"""The portal: web pages for a person whose pictures are abused. Reaches no bank, no case, no decoder and no ledger."""
