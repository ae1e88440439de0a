"""From signals to a verdict with reasons: searching the index, judging, recording. Lists nothing and decodes nothing."""

from amparo.match.judge import decide

__all__ = ["decide"]
