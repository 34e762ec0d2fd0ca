"""Settings from the environment."""

import pytest
from pydantic import ValidationError

from istmo_common.settings import CommonSettings


def test_a_secret_that_is_wrong_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator who sets too short a key reads what is wrong with it, and whoever reads the log does not read it."""
    monkeypatch.setenv("ISTMO_HANDLE_KEY", "hush-4711")
    with pytest.raises(ValidationError) as refused:
        CommonSettings()
    assert "handle_key" in str(refused.value)
    assert "hush-4711" not in str(refused.value)
