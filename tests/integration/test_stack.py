"""Real servers from the devstack: what they hold stays, what is not theirs is left alone."""

from __future__ import annotations

import json
import shlex
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import MySQLdb
import pytest
import requests
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from click.testing import CliRunner

from elfaust.commands.stack import command
from elfaust.devstack.server import Server, StartError
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def own_mariadb(tmp_path: Path) -> Settings:
    """Settings of a MariaDB that only this test starts, on a port of its own."""
    base = Settings()
    # pytest's folders are long: this one has to take the short way for its socket.
    folder = tmp_path / ("deep" * 20)
    return replace(
        base,
        mysql=replace(base.mysql, port=free_port(), password='it\'s \\ "secret"'),
        stack=replace(base.stack, dir=str(folder), start_timeout=60.0),
    )


def mysql(settings: Settings) -> MySQLdb.Connection:
    wanted = settings.mysql
    return MySQLdb.connect(
        host=wanted.host,
        port=wanted.port,
        user=wanted.user,
        password=wanted.password,
        database=wanted.database,
        autocommit=True,
    )


def query(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    with closing(mysql(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def bring_up(server: Server) -> None:
    server.start()
    server.wait_ready(60)


def test_all_servers_are_ready_and_a_second_up_changes_nothing(stack: Stack) -> None:
    assert [server.name for server in stack.servers if not server.ready()] == []
    before = stack.status()
    stack.up()
    assert stack.status() == before


def test_rows_survive_down_and_up(own_mariadb: Settings) -> None:
    server = Stack(own_mariadb).server("mariadb")
    try:
        bring_up(server)
        query(own_mariadb, "CREATE TABLE kept (text VARCHAR(9))")
        query(own_mariadb, "INSERT INTO kept VALUES ('\U0001f642')")
        first = server.pid()
        server.stop()
        assert not server.pid()
        assert not server.ready()
        bring_up(server)
        assert server.pid() != first
        assert query(own_mariadb, "SELECT * FROM kept") == [("\U0001f642",)]
    finally:
        server.stop()


def test_up_of_a_port_in_use_names_it_in_one_line(own_mariadb: Settings) -> None:
    with socket.socket() as foreign:
        foreign.bind((own_mariadb.mysql.host, own_mariadb.mysql.port))
        foreign.listen()
        server = Stack(own_mariadb).server("mariadb")
        message = f"mariadb cannot start: port {own_mariadb.mysql.port}: address already in use"
        with pytest.raises(Exception, match=message) as caught:
            server.start()
        assert "\n" not in str(caught.value)
        server.stop()
        # Its owner still has it.
        with socket.create_connection(foreign.getsockname()):
            pass


def test_stack_on_ports_of_another_stack_fails_and_leaves_that_one_alone(
    stack: Stack, stack_settings: Settings, tmp_path: Path
) -> None:
    before = stack.status()
    folder = replace(stack_settings.stack, dir=str(tmp_path))
    other = Stack(replace(stack_settings, stack=folder))
    port = stack_settings.kafka.bootstrap.rpartition(":")[2]
    with pytest.raises(StartError, match=rf"kafka cannot start: port {port}.*mariadb cannot start"):
        other.up()
    assert not any(server.running for server in other.status())
    other.destroy()
    assert stack.status() == before
    assert all(server.ready() for server in stack.servers)


def test_server_that_fails_is_stopped_and_shows_its_log(own_mariadb: Settings) -> None:
    server = Stack(own_mariadb).server("mariadb")
    broken = replace(
        server, command=lambda: [*server.command(), "--no-such-option"], prepare=server.prepare
    )
    broken.start()
    with pytest.raises(StartError, match="mariadb has ended; its log is") as caught:
        broken.wait_ready(30)
    assert any("no-such-option" in line for line in caught.value.tail)
    assert not broken.pid()
    broken.stop()


def test_env_is_where_the_servers_answer(stack: Stack, stack_settings: Settings) -> None:
    result = CliRunner().invoke(command, ["env"], obj=stack_settings)
    env = dict(word.split("=", 1) for word in shlex.split(result.output))
    assert env == stack.env()
    with socket.create_connection((env["MYSQL_HOST"], int(env["MYSQL_PORT"]))):
        pass
    answer = requests.get(f"{env['WEBHDFS_URL']}/webhdfs/v1/?op=LISTSTATUS", timeout=10)
    assert answer.status_code == 200
    assert env["WEB_URL"] == f"http://127.0.0.1:{stack_settings.web.port}/throughput/"


def test_status_and_logs_of_running_servers(stack: Stack, stack_settings: Settings) -> None:
    result = CliRunner().invoke(command, ["status", "--json"], obj=stack_settings)
    assert result.exit_code == 0
    servers = {row["name"]: row for row in json.loads(result.output)["servers"]}
    assert servers["mariadb"]["port"] == stack_settings.mysql.port
    assert all(row["running"] for row in servers.values())
    result = CliRunner().invoke(command, ["logs", "namenode"], obj=stack_settings)
    assert "NameNode" in result.output


async def test_kafka_keeps_records_and_makes_no_topic_by_itself(fresh: Settings) -> None:
    bootstrap, topic = fresh.kafka.bootstrap, fresh.topics.raw_client
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    try:
        assert topic not in await admin.list_topics()
        await admin.create_topics([NewTopic(topic, 1, 1)])
        await producer.start()
        await producer.send_and_wait(topic, b"line")
        await consumer.start()
        assert (await consumer.getone()).value == b"line"
    finally:
        await consumer.stop()
        await producer.stop()
        await admin.close()


def test_fresh_names_a_database_of_its_own(fresh: Settings) -> None:
    assert query(fresh, "SHOW TABLES") == []
    assert query(fresh, "SELECT @@character_set_database, @@local_infile, @@time_zone") == [
        ("utf8mb4", 1, "+00:00")
    ]
