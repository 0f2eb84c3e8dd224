"""How the server treats connections, and that it closes without leaving anything behind."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from practice_lms.__main__ import main
from practice_lms.server import PortTakenError, RunningLms, serve
from practice_lms.settings import Settings
from tests.practice_lms.small_tool import Caller, call_api


def test_connection_when_kept_serves_many_requests(lms: RunningLms) -> None:
    with requests.Session() as session:
        for _ in range(3):
            session.get(f"{lms.url}/lti/jwks.json", timeout=10)
    requests.get(f"{lms.url}/lti/jwks.json", timeout=10)

    connections = [tuple(row["connection"]) for row in call_api(lms, "requests")]

    assert len(connections) == 4
    assert len(set(connections[:3])) == 1
    assert connections[3] != connections[0]


def test_connection_when_requests_are_pipelined_loses_none(lms: RunningLms) -> None:
    host, port = lms.url.removeprefix("http://").split(":")
    request = b"GET /lti/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n"

    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        received = b"".join(iter(lambda: connection.recv(65536), b""))

    assert received.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "3000000"}, 413),
        ({"Content-Length": "many"}, 411),
    ],
)
def test_request_when_its_body_cannot_be_read_is_refused(lms: RunningLms, headers: dict[str, str], status: int) -> None:
    connection = http.client.HTTPConnection(lms.url.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/lti/token")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == status
    connection.close()


def test_head_when_asked_has_a_length_and_no_body(lms: RunningLms) -> None:
    answer = requests.head(f"{lms.url}/", timeout=10)

    assert int(answer.headers["Content-Length"]) > 1000
    assert answer.content == b""


def test_server_when_closed_leaves_no_thread_and_no_port() -> None:
    before = set(threading.enumerate())
    with serve() as lms, requests.Session() as session:
        session.get(f"{lms.url}/", timeout=10)
        call_api(lms, "faults", {"kind": "jwks", "fault": "slow", "delay_seconds": 60})
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(session.get, f"{lms.url}/lti/jwks.json", timeout=10)
            while not call_api(lms, "requests"):
                time.sleep(0.01)
            lms.lms.stopping.set()
            waiting.exception()

    assert set(threading.enumerate()) == before
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{lms.url}/", timeout=10)


def test_port_when_taken_is_said_in_a_sentence(lms: RunningLms, capsys: pytest.CaptureFixture[str]) -> None:
    port = lms.url.rpartition(":")[2]

    with pytest.raises(PortTakenError, match=port), serve(port=int(port)):
        pass

    assert main(["--port", port]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_command_when_interrupted_stops_cleanly() -> None:
    command = [sys.executable, "-m", "practice_lms", "--port", "0", "--tool-url", "http://localhost:1/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        announced = process.stdout.readline()

        process.terminate()
        _, errors = process.communicate(timeout=20)

    assert announced.startswith("Practice LMS at http://127.0.0.1:")
    assert announced.endswith("for the tool at http://localhost:1\n")
    assert (process.returncode, errors) == (0, "")


def test_scores_when_they_arrive_at_once_are_all_kept(caller: Caller) -> None:
    newcomers = call_api(caller.lms, "enrol", {"count": 40})["people"]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(caller.post_score, newcomers))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(row["person"] for row in caller.gradebook()) == newcomers


def test_same_score_when_it_arrives_twice_at_once_is_stored_once(caller: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(caller.post_score, ["102"] * 8))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


def test_settings_when_given_with_an_issuer_are_served_under_the_real_one() -> None:
    with serve(Settings(issuer="http://127.0.0.1:1")) as lms:
        assert lms.settings.issuer == lms.url
