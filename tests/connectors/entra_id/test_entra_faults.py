"""What goes wrong between here and Graph: throttling, cuts, tokens that end, links that lead elsewhere."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from transhumance.connectors.contract import Environment, Expired, Fault, Retry, StopEndpoint
from transhumance.connectors.entra_id.config import EntraConfig
from transhumance.connectors.entra_id.source import EntraSource
from transhumance.connectors.formats.graph_session import GraphSession, Refused
from transhumance.fixtures.graph import GraphSimulator, Schema
from transhumance.fixtures.graph.server import CLIENT, SECRET
from transhumance.fixtures.rigs.entra_id import fill, settings
from transhumance.fixtures.services.base import NotHere, authority, needs


def _finished(bench: Any, source: EntraSource, cursor: bytes | None = None) -> tuple[Any, list[Retry]]:
    """A listing, begun again as often as it asks; what it asked."""
    asked: list[Retry] = []
    while True:
        try:
            return bench.listed(source, cursor), asked
        except Retry as error:
            asked.append(error)
            assert len(asked) < 50


@pytest.mark.parametrize("status", (429, 503, 504))
def test_throttling_says_how_long_to_wait(bench: Any, status: int) -> None:
    fill(bench.tenant)
    bench.graph.fault(match="^GET /users/delta", status=status, retry_after=7)
    source = bench.source()
    found, asked = _finished(bench, source)
    assert [error.after for error in asked] == [7.0] and len(found.refs) == 8
    assert "attendre" in asked[0].text.fr and "wait" in asked[0].text.en


def test_what_was_read_before_a_fault_is_not_read_again(bench: Any, crowd: Callable[[int], list[str]]) -> None:
    crowd(20)
    bench.graph.fault(match="skiptoken", skip=3, status=429, retry_after=0)
    _, asked = _finished(bench, bench.source())
    assert len(asked) == 1
    assert len(bench.graph.asked("/users/delta")) == 5 + 1


@pytest.mark.parametrize("cut", ("before", "middle"))
def test_a_cut_connection_is_tried_again(bench: Any, cut: str) -> None:
    fill(bench.tenant)
    for match in ("/users/delta", "/groups/delta", "batch", "servicePrincipals"):
        bench.graph.fault(match=match, cut=cut)
    found, asked = _finished(bench, bench.source())
    assert len(found.refs) == 8 and len(asked) >= 4
    assert all(error.after is None for error in asked)


def test_throttled_parts_of_a_batch_are_asked_again_alone(bench: Any, crowd: Callable[[int], list[str]]) -> None:
    people = crowd(3)
    for n in range(30):
        bench.tenant.add_group(f"G{n}", people)
    bench.graph.fault(match="members", status=429, retry_after=0, times=12, skip=5, in_batch=True)
    found, asked = _finished(bench, bench.source())
    assert asked == [] and len(found.refs) == 33
    members = [each for each in bench.graph.log if each.path.endswith("/members") and each.in_batch]
    assert len(members) == 30 + 12


def test_a_batch_that_stays_throttled_is_the_engines_affair(bench: Any) -> None:
    fill(bench.tenant)
    bench.graph.fault(match="members", status=429, retry_after=33, in_batch=True)
    _, asked = _finished(bench, bench.source())
    assert [error.after for error in asked] == [33.0]


def test_a_page_that_is_no_json_is_a_passing_fault(bench: Any) -> None:
    fill(bench.tenant)
    for body in ("<html>proxy</html>", "[]", '"text"'):
        bench.graph.fault(match="/users/delta", body=body)
    _, asked = _finished(bench, bench.source())
    assert len(asked) == 3


def test_a_token_that_ended_stops_the_endpoint(bench: Any) -> None:
    fill(bench.tenant)
    source = bench.source(token=bench.graph.token(lifetime=0.0))
    with pytest.raises(StopEndpoint) as caught:
        bench.listed(source)
    assert "expired" in caught.value.text.en and "neuf" in caught.value.text.fr


def test_a_missing_right_stops_the_endpoint(bench: Any) -> None:
    fill(bench.tenant)
    bench.graph.granted = ("Group.Read.All", "Organization.Read.All")
    with pytest.raises(Refused) as caught:
        bench.listed()
    assert caught.value.status == 403 and "n'a pas le droit" in caught.value.text.fr


def test_a_page_token_that_ended_on_the_way_begins_anew(bench: Any) -> None:
    fill(bench.tenant)
    bench.graph.page_size = 2
    bench.graph.fault(match="users/delta.*skiptoken", cut="before")
    source = bench.source()
    place = bench.place(source)
    with pytest.raises(Retry):
        source.page(place, None)
    bench.graph.tokens.forget()
    found, asked = _finished(bench, source)
    assert len(found.refs) == 8 and len(asked) == 1


def test_an_expired_page_of_changes_is_expired(bench: Any) -> None:
    fill(bench.tenant)
    since = bench.listed().since
    for n in range(9):
        bench.tenant.add_user(f"x{n}@chu.example")
    bench.graph.fault(match="users/delta.*skiptoken", cut="before")
    source = bench.source()
    with pytest.raises(Retry):
        bench.listed(source, since)
    bench.graph.tokens.forget()
    with pytest.raises(Expired):
        bench.listed(source, since)


def test_a_request_that_the_csdl_refuses_is_told(bench: Any, corpora: Callable[..., Path]) -> None:
    bench.graph.schema = Schema.from_csdl(
        corpora("graph-sharepoint", "microsoftgraph+msgraph-metadata", "schemas", "v1.0-Prod.csdl.gz")
    )
    fill(bench.tenant)
    assert len(bench.listed().refs) == 8  # all that the connector asks stands in the CSDL
    with pytest.raises(Refused) as caught:
        bench.listed(bench.source(select=["noSuchProperty"]))
    assert caught.value.status == 400 and "noSuchProperty" in caught.value.text.en


def test_what_is_gone_while_members_are_read(bench: Any) -> None:
    fill(bench.tenant)
    vide = next(i for i, o in bench.tenant.objects.items() if o.get("displayName") == "Vide")
    bench.graph.fault(match=f"{vide}/members", status=404, in_batch=True)
    found = bench.listed()
    assert len(found.refs) == 7


# --- to whom the token goes


class Elsewhere:
    """A host that is not Graph: it notes what it is sent."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.headers.append(dict(self.headers))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"value": []}')

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_link_to_another_host_is_refused(bench: Any, elsewhere: Elsewhere) -> None:
    fill(bench.tenant)
    links = [
        elsewhere.url + "/v1.0/users",
        elsewhere.url.replace("127.0.0.1", "localhost") + "/v1.0/users",
        f"http://127.0.0.1@evil.example:{elsewhere.server.server_port}/",
        "//evil.example/users",
        "file:///etc/passwd",
        "http://[bad",
    ]
    for link in links:
        bench.graph.fault(match="/users/delta", body=json.dumps({"value": [], "@odata.nextLink": link}))
        with pytest.raises(StopEndpoint) as caught:
            bench.listed()
        assert "jeton" in caught.value.text.fr
    assert elsewhere.headers == []


def test_a_redirect_is_not_followed(bench: Any, elsewhere: Elsewhere) -> None:
    answer = bench.graph.answer

    def redirect(call: Any, address: str) -> Any:
        from transhumance.fixtures.graph.calls import Answer

        if call.path == "/users/delta":
            return Answer(None, 302, {"Location": elsewhere.url + "/v1.0/users"})
        return answer(call, address)

    bench.graph.answer = redirect
    with pytest.raises(StopEndpoint):
        bench.listed()
    assert elsewhere.headers == []


# --- signing in, TLS


def _tls(folder: Path) -> Any:
    try:
        needs(("openssl",), "openssl")
    except NotHere as error:
        pytest.skip(str(error))
    return authority(folder)


def _source(folder: Path, graph: GraphSimulator, **more: Any) -> EntraSource:
    said = {"tenant": "chu.example", "base_url": graph.url, "authority": graph.host, **more}
    return EntraSource(EntraConfig.model_validate(said), Environment("entra", folder / "spool", folder))


def test_an_application_signs_in_over_tls(tmp_path: Path) -> None:
    """The real azure-identity and msgraph-sdk, with a private CA; a token that ended is renewed."""
    certificate = _tls(tmp_path)
    with GraphSimulator(tls=certificate) as graph:
        graph.tenant.add_user("a@chu.example")
        ours = {"client_id": CLIENT, "client_secret": SECRET}
        source = _source(tmp_path, graph, ca_file=certificate.ca_file, **ours)
        assert source.identity() == f"entra:{graph.tenant.organization['id']}"
        graph.age = 4000.0  # the token that is held has ended for the server
        found = source.page(next(iter(source.containers(_empty(), "identities"))), None)
        assert len(found.refs) == 1
        assert [each.status for each in graph.asked("/directory/deletedItems")][:2] == [401, 200]
        source.close()
        wrong = _source(tmp_path, graph, ca_file=certificate.ca_file, client_id=CLIENT, client_secret="wrong")
        with pytest.raises(StopEndpoint) as caught:
            wrong.identity()
        assert "AADSTS7000215" in caught.value.text.en and "wrong" not in caught.value.text.en
        wrong.close()


def _empty() -> Any:
    from transhumance.connectors.contract import Subject

    return Subject(b"")


def test_a_certificate_that_is_not_trusted_stops_the_endpoint(tmp_path: Path) -> None:
    certificate = _tls(tmp_path)
    with GraphSimulator(tls=certificate) as graph:
        source = _source(tmp_path, graph, token="t")
        with pytest.raises(StopEndpoint) as caught:
            source.identity()
        assert "ca_file" in caught.value.text.fr
        source.close()
        lost = _source(tmp_path, graph, token="t", ca_file="nowhere.pem")
        with pytest.raises(StopEndpoint):
            lost.identity()


def test_an_application_signs_in_by_certificate(tmp_path: Path) -> None:
    certificate = _tls(tmp_path)
    key, public = tmp_path / "app.key", tmp_path / "app.crt"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app -keyout {key} -out {public}"
    subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    (tmp_path / "app.pem").write_bytes(key.read_bytes() + public.read_bytes())
    with GraphSimulator(tls=certificate) as graph:
        source = _source(tmp_path, graph, ca_file=certificate.ca_file, client_id=CLIENT, certificate="app.pem")
        assert source.identity().startswith("entra:")
        source.close()
        missing = _source(tmp_path, graph, ca_file=certificate.ca_file, client_id=CLIENT, certificate="none.pem")
        with pytest.raises(StopEndpoint):
            missing.identity()
        missing.close()


def test_nobody_answers(tmp_path: Path) -> None:
    with GraphSimulator() as graph:
        config = settings(graph)
    source = EntraSource(config, Environment("entra", tmp_path / "spool", tmp_path))
    with pytest.raises(Retry):
        source.identity()
    source.close()
    source.close()


@pytest.mark.parametrize(
    "said",
    (
        {"tenant": "x"},
        {"tenant": "x", "client_secret": "s"},
        {"tenant": "x", "client_id": "c", "client_secret": "s", "token": "t"},
        {"tenant": "x", "token": "t", "base_url": "http://graph.example/v1.0"},
        {"tenant": "x", "token": "t", "base_url": "https://user@graph.example/v1.0"},
        {"tenant": "x", "token": "t", "base_url": "graph.microsoft.com"},
        {"tenant": "a/b", "token": "t"},
        {"tenant": "x", "token": "t", "base": "nonsense"},
        {"tenant": "x", "token": "t", "inventory": ["everything"]},
    ),
)
def test_settings_that_make_no_sense(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        EntraConfig.model_validate(said)


def test_secrets_are_not_shown(bench: Any) -> None:
    config = settings(bench.graph)
    assert config.token and config.token.get_secret_value() not in repr(config)


def test_the_session_serves_several_threads(bench: Any, crowd: Callable[[int], list[str]]) -> None:
    people = crowd(40)
    graph = GraphSession(settings(bench.graph), Path("."))
    got: list[int] = []

    def ask() -> None:
        got.append(len([a for a in graph.batch([f"/users/{each}" for each in people]) if a.ok]))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [40] * 4
    graph.close()


def test_a_fetch_that_is_refused_is_no_fault_of_an_item(bench: Any) -> None:
    fill(bench.tenant)
    found = bench.listed()
    source = bench.source()
    bench.graph.fault(match="/users/", status=403, in_batch=True)
    with pytest.raises(StopEndpoint):
        [each for each in source.fetch(bench.place(source), list(found.refs.values())) if isinstance(each, Fault)]
