"""elfaust dashboards: files for the tools that show them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from elfaust.commands.dashboards import command
from elfaust.settings import Settings

SETTINGS = replace(Settings(), web=replace(Settings().web, port=7066))


def write(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, arguments, obj=SETTINGS)
    return done.exit_code, done.output


def test_prometheus_gets_its_rules_and_the_ports_of_the_roles_that_run(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    code, said = write("prometheus", "--out", str(out))
    assert (code, said.split()) == (0, [str(out / "alerts.yml"), str(out / "prometheus.yml")])
    assert "alert: ElfaustWaiting" in (out / "alerts.yml").read_text()
    scraped = (out / "prometheus.yml").read_text()
    assert "- 127.0.0.1:7066  # throughput\n" in scraped
    assert "- 127.0.0.1:7068  # mysql\n" in scraped
    assert "lines" not in scraped


def test_grafana_gets_a_dashboard_and_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        assert write("grafana", "--out", str(tmp_path))[0] == 0
    assert json.loads((tmp_path / "elfaust.json").read_text())["title"] == "elfaust"


def test_graphite_gets_its_dashboard_and_grafana_one_over_it(tmp_path: Path) -> None:
    assert write("grafana", "--out", str(tmp_path / "grafana"))[0] == 0
    assert write("graphite", "--out", str(tmp_path))[0] == 0
    state = json.loads((tmp_path / "elfaust.json").read_text())
    board = json.loads((tmp_path / "grafana" / "elfaust-graphite.json").read_text())
    titles = [graph[1]["title"] for graph in state["graphs"]]
    assert titles == [panel["title"] for panel in board["panels"]]
    for (_, shown, _), panel in zip(state["graphs"], board["panels"], strict=True):
        assert shown["target"] == [target["target"] for target in panel["targets"]]


def test_a_folder_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _ = write("grafana", "--out", str(tmp_path / "file" / "below"))
    assert code == 1
    assert write("kibana", "--out", str(tmp_path))[0] == 2
