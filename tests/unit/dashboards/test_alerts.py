"""Each alert fires on its trouble and on nothing else, by Prometheus's own tool where it is there.

`promtool` comes with Debian's package prometheus; ELFAUST_TEST_PROMTOOL is its path elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from elfaust.counts.usual import KINDS
from elfaust.metrics.table import METRICS, STATES
from tests import REPOSITORY

RULES = REPOSITORY / "elfaust" / "dashboards" / "alerts.yml"
PROMTOOL = os.environ.get("ELFAUST_TEST_PROMTOOL") or shutil.which("promtool")
TEXT = RULES.read_text()
ALERTS = [name for name in re.findall(r"alert: (\w+)", TEXT) if not name.endswith("Unmeasured")]

needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="promtool is not there")

#: A series a line: what healthy workers say each minute, for as long as a test looks.
LINES = 'elfaust_raw_lines_total{topic="client"}'
VALID = 'elfaust_events_total{schema="Edit",revision="1",result="valid"}'
ERRORS = 'elfaust_events_total{schema="Edit",revision="1",result="validation"}'
ROWS = 'elfaust_sink_rows_total{sink="mysql",schema="Edit",revision="1"}'
WAITING = 'elfaust_worker_state{role="mysql",state="waiting"}'
HELD = 'elfaust_held{role="mysql"}'
AGE = 'elfaust_oldest_unwritten_seconds{role="mysql",topic="t"}'
COUNTS_AGE = AGE.replace("mysql", "throughput")
HIVE_AGE, HIVE_DIFFERS = "elfaust_hive_partitions_missing_seconds", "elfaust_hive_differences"
SPOOL = "elfaust_spool_bytes"
LOST = 'elfaust_datagrams_lost_total{by="kernel"}'
FREE = 'elfaust_disk_free_bytes{folder="state"}'
SIZE = FREE.replace("free", "size")
JUDGED = "elfaust_schemas_judged"
OF_EDIT = '{schema="Edit",revision="1"}'
HOURLY = f"elfaust_schema_hour_events{OF_EDIT}"
SHARE = f"elfaust_schema_error_ratio{OF_EDIT}"
SILENT, WRONG, FEWER, MORE = (
    f'elfaust_schema_unusual{{kind="{kind}",{OF_EDIT[1:]}' for kind in KINDS
)
STARTS = 'elfaust_worker_recent_starts{job="elfaust",instance="a"}'
START = 'process_start_time_seconds{job="elfaust",instance="a"}'
BUILD = 'elfaust_build_info{job="elfaust",instance="a"}'
HEALTHY = {
    LINES: "0+6000x{n}",
    VALID: "0+5700x{n}",
    ERRORS: "0+30x{n}",
    ROWS: "0+5700x{n}",
    WAITING: "0x{n}",
    HELD: "0x{n}",
    AGE: "3x{n}",
    COUNTS_AGE: "3x{n}",
    HIVE_AGE: "0x{n}",
    HIVE_DIFFERS: "0x{n}",
    JUDGED: "1x{n}",
    HOURLY: "1000x{n}",
    SHARE: "0.01x{n}",
    SILENT: "0x{n}",
    WRONG: "0x{n}",
    FEWER: "0x{n}",
    MORE: "0x{n}",
    STARTS: "1x{n}",
    SPOOL: "20x{n}",
    LOST: "0x{n}",
    FREE: "500x{n}",
    SIZE: "1000x{n}",
    START: "1600000000x{n}",
    BUILD: "1x{n}",
}
#: What is quiet: a line now and then, a backlog for a moment, one restart.
QUIET = {
    LINES: "0+0.2x{n}",
    VALID: "0+0.1x{n}",
    ERRORS: "0+0.1x{n}",
    ROWS: "0x{n}",
    WAITING: "0x20 1x3 0x{n}",
    HELD: "0x20 1x8 0x{n}",
    AGE: "0x20 3600x8 0x{n}",
    HIVE_AGE: "0x20 3600x8 0x{n}",
    HIVE_DIFFERS: "0x20 1x8 0x{n}",
    SILENT: "0x20 1x8 0x{n}",
    FEWER: "0x20 1x8 0x{n}",
    WRONG: "0x20 1x8 0x{n}",
    STARTS: "1x20 3x{n}",
    SPOOL: "6e8x8 0x{n}",
    FREE: "40x8 500x{n}",
    START: "1600000000x20 1600001200x{n}",
}
#: The trouble of each alert, some in several shapes.
TROUBLE = [
    ("ElfaustRawAgainstValid", {VALID: "0+600x{n}", ROWS: "0+600x{n}"}),
    # Seven of ten, as in 2014.
    ("ElfaustInsertedTooFew", {ROWS: "0+3990x{n}"}),
    ("ElfaustInsertedTooFew", {ROWS: "0x{n}"}),
    ("ElfaustWaiting", {WAITING: "1x{n}"}),
    ("ElfaustHeld", {HELD: "2x{n}"}),
    ("ElfaustLag", {AGE: "1000+60x{n}"}),
    ("ElfaustHiveLate", {HIVE_AGE: "1000+60x{n}"}),
    ("ElfaustHiveDiffers", {HIVE_DIFFERS: "2x{n}", HELD.replace("mysql", "hive"): "2x{n}"}),
    ("ElfaustErrorShare", {WRONG: "1x{n}", SHARE: "0.4x{n}"}),
    ("ElfaustSchemaSilent", {SILENT: "1x{n}", HOURLY: "0x{n}"}),
    ("ElfaustSchemaOffItsRate", {FEWER: "1x{n}", HOURLY: "100x{n}"}),
    ("ElfaustSchemaOffItsRate", {MORE: "1x{n}", HOURLY: "9000x{n}"}),
    ("ElfaustSpoolFilling", {SPOOL: "6e8x{n}"}),
    ("ElfaustDatagramsLost", {LOST: "0x40 7x{n}"}),
    ("ElfaustDiskFull", {FREE: "40x{n}"}),
    ("ElfaustRestarts", {START: "1600000000+120x{n}"}),
    ("ElfaustRestarts", {STARTS: "5x{n}"}),
]


class Case(NamedTuple):
    """What workers say for so many minutes, and which alerts fire then."""

    series: Mapping[str, str]
    minutes: int
    alerts: tuple[str, ...] = ()

    def as_test(self) -> dict[str, Any]:
        """Return the case as promtool takes it."""
        firing = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in self.alerts]
        return {
            "interval": "1m",
            "input_series": [
                {"series": name, "values": values.format(n=self.minutes)}
                for name, values in self.series.items()
            ],
            "promql_expr_test": [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                    "eval_time": f"{self.minutes}m",
                    "exp_samples": firing,
                }
            ],
        }


def promtool(tmp_path: Path, *cases: Case) -> None:
    """Have promtool say whether those alerts fire that should."""
    tests = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [case.as_test() for case in cases],
    }
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps(tests))
    done = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_takes_the_rules() -> None:
    subprocess.run([str(PROMTOOL), "check", "rules", str(RULES)], check=True, capture_output=True)


@needs_promtool
def test_health_a_quiet_night_and_what_passes_wake_nobody(tmp_path: Path) -> None:
    promtool(tmp_path, Case(HEALTHY, 120), Case(HEALTHY | QUIET, 50))


@needs_promtool
def test_an_alert_fires_on_its_trouble_alone(tmp_path: Path) -> None:
    promtool(tmp_path, *(Case(HEALTHY | series, 45, (alert,)) for alert, series in TROUBLE))


@needs_promtool
def test_counts_that_are_behind_are_no_silence(tmp_path: Path) -> None:
    behind = {SILENT: "1x{n}", FEWER: "1x{n}", COUNTS_AGE: "1000+60x{n}"}
    promtool(tmp_path, Case(HEALTHY | behind, 45, ("ElfaustLag",)))


@needs_promtool
def test_each_alert_says_when_nobody_measures(tmp_path: Path) -> None:
    unmeasured = tuple(f"{alert}Unmeasured" for alert in ALERTS)
    promtool(tmp_path, Case({"up": "1x{n}"}, 30, unmeasured))


def test_rules_use_only_what_is_counted() -> None:
    labels = {metric.name: set(metric.labels) | {"job", "instance"} for metric in METRICS}
    used = set(re.findall(r"\belfaust_\w+", TEXT))
    assert used <= set(labels)
    for name, matchers in re.findall(r"\b(elfaust_\w+){([^}]*)}", TEXT):
        assert set(re.findall(r'(\w+)[=!]~?"', matchers)) <= labels[name]
    assert set(re.findall(r'state="(\w+)"', TEXT)) <= set(STATES)
    assert set("|".join(re.findall(r'kind=~?"([\w|]+)"', TEXT)).split("|")) == set(KINDS)
    assert set(ALERTS) == {alert for alert, _ in TROUBLE}
    for alert in ALERTS:
        assert f"alert: {alert}Unmeasured" in TEXT


def test_each_rule_names_a_heading_that_says_what_to_look_at_with_commands() -> None:
    text = (REPOSITORY / "docs" / "operating.md").read_text()
    sections = {
        re.sub(r"[^a-z0-9 -]", "", section.partition("\n")[0].lower()).replace(" ", "-"): section
        for section in re.split(r"(?m)^#+ ", text)
    }
    named = re.findall(r"runbook: docs/operating\.md#(\S+)", TEXT)
    assert len(named) == 2 * len(ALERTS)
    for alert in ALERTS:
        [heading] = re.findall(rf"alert: {alert}\n(?:.*\n)*?.*runbook: \S+#(\S+)", TEXT)[:1]
        assert f"`{alert}`" in sections[heading]
    for heading in named:
        assert re.search(r"```\n(elfaust|curl) ", sections[heading]), heading
