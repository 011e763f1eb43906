from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from main import app, now


@pytest.mark.parametrize(("hour", "words"), [(11, "Good morning"), (12, "Good day")])
def test_greeting(hour, words):
    app.dependency_overrides[now] = lambda: datetime(2026, 1, 1, hour)
    try:
        assert TestClient(app).get("/greeting").json() == words
    finally:
        app.dependency_overrides.clear()
