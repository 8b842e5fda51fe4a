from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from elfaust.counts.tally import CODES
from elfaust.delivery.lag import TopicLag
from elfaust.graphite.charts import Chart, charts, dashboard
from elfaust.graphite.progress import Progress
from elfaust.graphite.series import points
from elfaust.records import SchemaKey
from elfaust.settings import Settings

BASE = Settings()
DEEP = replace(BASE, carbon=replace(BASE.carbon, prefix="a.b"))


def names(settings: Settings) -> set[str]:
    """Return the names of all series that workers send."""
    key = SchemaKey("Edit", 1)
    found = set(points({(key, code): (1, 0) for code in ("", *CODES)}))
    progress = Progress(settings, lambda: True)
    topics = [*settings.raw_topics.values(), "eventlogging_Edit_1"]
    progress.take(
        TopicLag(topic, role, 2, 1, 3.5) for topic in topics for role in ("processor", "mysql")
    )
    [numbers] = progress.minutes.values()
    found |= set(numbers)
    statsd = settings.statsd
    olds = [statsd.overall.format(name=name) for name in ("raw", "valid", "inserted")]
    olds += [statsd.schema.format(schema="Edit")]
    return {f"{settings.carbon.prefix}.{name}" for name in found} | {
        f"{statsd.prefix}.{name}.rate" for name in olds
    }


@pytest.mark.parametrize("settings", [BASE, DEEP], ids=["one word", "two words"])
def test_each_target_is_of_series_that_are_sent(settings: Settings) -> None:
    sent = names(settings)
    for chart in charts(settings):
        for target in chart.targets:
            [path] = re.findall(r"[\w*-]+(?:\.[\w*-]+)+", target)
            pattern = re.compile(path.replace(".", r"\.").replace("*", r"[^.]+"))
            found = [name for name in sent if pattern.fullmatch(name)]
            assert found, target
            # What is grouped has the word itself for its name.
            grouped = "groupByNode" in target
            by = r"lag_\w+, (\d+), '" if grouped else r"^aliasByNode\(.*\), ([\d, ]+)\)$"
            for shown in re.findall(by, target):
                words = [found[0].split(".")[int(number)] for number in shown.split(", ")]
                assert settings.carbon.prefix not in words
                assert "topic" not in words


@pytest.mark.parametrize("chart", list(charts(BASE)), ids=lambda chart: chart.title)
def test_past_a_pictures_points_counts_are_summed_and_lags_are_the_highest(chart: Chart) -> None:
    for target in chart.targets:
        if "lag" in target:
            assert ", 'max')" in target
        elif not target.endswith(".rate") and ".rate," not in target:
            assert ", 'sum')" in target


def test_the_dashboard_has_each_chart() -> None:
    state = json.loads(json.dumps(dashboard(BASE)))
    assert [graph[1]["title"] for graph in state["graphs"]] == [c.title for c in charts(BASE)]
    assert all(graph[2].startswith("/render?target=") for graph in state["graphs"])
