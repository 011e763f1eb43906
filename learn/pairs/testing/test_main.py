from fastapi.testclient import TestClient

from main import app

client = TestClient(app)


def test_double():
    response = client.get("/double/21")
    assert response.status_code == 200
    assert response.json() == {"double": 42}


def test_double_refuses_what_is_no_integer():
    assert client.get("/double/x").status_code == 422


def test_echo_shouts():
    with client.websocket_connect("/echo") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_text() == "HELLO"
