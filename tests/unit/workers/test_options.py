"""What a role's worker sets of Faust's own settings."""

from __future__ import annotations

from dataclasses import replace

from elfaust.settings import Settings
from elfaust.settings.machines import Web
from elfaust.workers.options import faust_options


def test_mysql_fetches_little_of_a_lane_so_that_no_flood_stands_before_the_others() -> None:
    sizes = {
        role: faust_options(role, Settings())["consumer_max_fetch_size"]
        for role in ("processor", "mysql", "hdfs", "throughput")
    }
    least = sizes.pop("mysql")
    assert 4 * least < Settings().mysql.flush_bytes
    assert min(sizes.values()) >= Settings().topics.max_message_bytes


def test_faust_makes_a_url_of_any_host() -> None:
    for host, named in (("::1", "[::1]"), ("h.example", "h.example")):
        options = faust_options("mysql", replace(Settings(), web=Web(host=host)))
        assert (options["web_bind"], options["web_host"]) == (host, named)
