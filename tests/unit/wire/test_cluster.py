"""Without Dask, which is an extra, the door to a cluster says what to install."""

import sys

import pytest

from amparo.errors import Misconfigured
from amparo.wire.cluster import cluster


def test_without_dask_the_hint_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Misconfigured) as caught, cluster("tcp://127.0.0.1:8786"):
        pass
    assert caught.value.slug == "no_dask"
    assert "amparo[dask]" in caught.value.hint
