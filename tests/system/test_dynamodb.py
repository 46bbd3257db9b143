"""The DynamoDB API over the database group, with AWS's own clients: boto3 and the aws command line."""
import json
import os
import signal
import subprocess
import threading
import time
from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError

from cluster import Cluster, wait_until

TOML = "[web]\ncount = 1\n[cache]\ncount = 1\n[awsapi]\nenabled = true\n"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("dynamodb"), name="ddb", toml=TOML) as one:
        yield one


def client(cluster, **more):
    ends = cluster.endpoints
    arguments = dict(endpoint_url=ends["aws"], aws_access_key_id=ends["aws_access_key_id"],
                     aws_secret_access_key=ends["aws_secret_access_key"], region_name="us-east-1",
                     config=Config(retries={"max_attempts": 4, "mode": "standard"}))
    arguments.update(more)
    return boto3.client("dynamodb", **arguments)


@pytest.fixture()
def db(cluster):
    return client(cluster)


@pytest.fixture()
def table(db):
    name = f"table-{time.monotonic_ns()}"
    db.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                    KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
                    AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"},
                                          {"AttributeName": "s", "AttributeType": "N"}])
    db.get_waiter("table_exists").wait(TableName=name)
    yield name
    db.delete_table(TableName=name)


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"].get("Message", "")


def put(db, table, p, s, **more):
    db.put_item(TableName=table, Item={"p": {"S": p}, "s": {"N": str(s)}, **more})


def sort_keys(answer):
    return [item["s"]["N"] for item in answer["Items"]]


def test_tables_come_and_go(db, table):
    about = db.describe_table(TableName=table)["Table"]
    assert about["TableStatus"] == "ACTIVE" and about["KeySchema"][1] == {"AttributeName": "s", "KeyType": "RANGE"}
    assert table in db.list_tables()["TableNames"]
    assert code(db.describe_table, TableName="nobody")[0] == "ResourceNotFoundException"
    again = dict(TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
                 AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}])
    assert code(db.create_table, **again)[0] == "ResourceInUseException"


def test_numbers_are_exact_and_sort_as_numbers(db, table):
    values = ["-1E+125", "-12.5", "-12", "-0.001", "0", "0.0000000000000000000000000000000001", "1", "9", "10", "100.5",
              "12345678901234567890123456789012345678", "1E+125"]
    for value in reversed(values):
        put(db, table, "n", value)
    shown = sort_keys(db.query(TableName=table, KeyConditionExpression="p = :p", ConsistentRead=True,
                               ExpressionAttributeValues={":p": {"S": "n"}}))
    assert [Decimal(one) for one in shown] == [Decimal(one) for one in values]
    for bad in ("x", "1E+126", "1" * 39, ""):
        assert code(db.put_item, TableName=table, Item={"p": {"S": "n"}, "s": {"N": bad}})[0] == "ValidationException"
    db.update_item(TableName=table, Key={"p": {"S": "n"}, "s": {"N": "1"}}, UpdateExpression="ADD total :v",
                   ExpressionAttributeValues={":v": {"N": "0.1"}})
    answer = db.update_item(TableName=table, Key={"p": {"S": "n"}, "s": {"N": "1"}}, UpdateExpression="ADD total :v",
                            ExpressionAttributeValues={":v": {"N": "0.2"}}, ReturnValues="UPDATED_NEW")
    assert answer["Attributes"] == {"total": {"N": "0.3"}}


def test_every_type_comes_back_as_it_went_in(db, table):
    item = {"p": {"S": "all"}, "s": {"N": "1"}, "text": {"S": "ä € 𝄞 \" \\ \n"}, "bytes": {"B": b"\x00\xff"},
            "yes": {"BOOL": True}, "none": {"NULL": True}, "list": {"L": [{"S": "a"}, {"M": {"x": {"N": "1"}}}]},
            "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2.5"]}, "bs": {"BS": [b"a", b"b"]}, "empty": {"S": ""}}
    db.put_item(TableName=table, Item=item)
    back = db.get_item(TableName=table, Key={"p": item["p"], "s": item["s"]}, ConsistentRead=True)["Item"]
    for name in item:
        kind = next(iter(item[name]))
        same = sorted(back[name][kind]) == sorted(item[name][kind]) if kind in ("SS", "NS", "BS") else \
            back[name] == item[name]
        assert same, name


@pytest.mark.parametrize("condition, values, met", [
    ("attribute_exists(n)", {}, True), ("attribute_not_exists(n)", {}, False), ("n = :v", {":v": {"N": "5"}}, True),
    ("n <> :v", {":v": {"N": "5"}}, False), ("n BETWEEN :a AND :b", {":a": {"N": "4"}, ":b": {"N": "6"}}, True),
    ("n IN (:a, :b)", {":a": {"N": "4"}, ":b": {"N": "5"}}, True), ("NOT n > :v", {":v": {"N": "5"}}, True),
    ("n > :v OR word = :w", {":v": {"N": "9"}, ":w": {"S": "hello"}}, True),
    ("(n > :v OR word = :w) AND attribute_not_exists(word)", {":v": {"N": "9"}, ":w": {"S": "hello"}}, False),
    ("begins_with(word, :w)", {":w": {"S": "hel"}}, True), ("contains(tags, :w)", {":w": {"S": "red"}}, True),
    ("contains(word, :w)", {":w": {"S": "xyz"}}, False), ("size(word) = :v", {":v": {"N": "5"}}, True),
    ("attribute_type(tags, :t)", {":t": {"S": "SS"}}, True), ("deep.list[1].x = :v", {":v": {"N": "1"}}, True),
    ("n = :v", {":v": {"S": "5"}}, False),
])
def test_conditions(db, table, condition, values, met):
    put(db, table, "c", 1, n={"N": "5"}, word={"S": "hello"}, tags={"SS": ["red", "blue"]},
        deep={"M": {"list": {"L": [{"S": "-"}, {"M": {"x": {"N": "1"}}}]}}})
    arguments = dict(TableName=table, Key={"p": {"S": "c"}, "s": {"N": "1"}}, UpdateExpression="REMOVE nothing",
                     ConditionExpression=condition)
    if values:
        arguments["ExpressionAttributeValues"] = values
    if met:
        db.update_item(**arguments)
    else:
        assert code(db.update_item, **arguments)[0] == "ConditionalCheckFailedException"


def test_updates(db, table):
    put(db, table, "u", 1, list={"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]}, map={"M": {"x": {"N": "1"}}},
        set={"SS": ["a", "b"]})
    key = {"p": {"S": "u"}, "s": {"N": "1"}}
    after = db.update_item(
        TableName=table, Key=key, ReturnValues="ALL_NEW",
        UpdateExpression="SET #m.x = #m.x + :one, #m.fresh = if_not_exists(#m.fresh, :one), "
                         "list[9] = :new, copied = list REMOVE list[0] ADD counter :one DELETE #s :a",
        ExpressionAttributeNames={"#m": "map", "#s": "set"},
        ExpressionAttributeValues={":one": {"N": "1"}, ":new": {"S": "d"}, ":a": {"SS": ["a"]}})["Attributes"]
    assert after["map"] == {"M": {"x": {"N": "2"}, "fresh": {"N": "1"}}}
    assert after["list"] == {"L": [{"S": "b"}, {"S": "c"}, {"S": "d"}]}
    assert after["copied"] == {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]}, "assignments see the item as it was"
    assert after["counter"] == {"N": "1"} and after["set"] == {"SS": ["b"]}


@pytest.mark.parametrize("expression, text", [
    ("SET", "Syntax error"), ("SET a = :v", "not defined"), ("SET p = :x", "part of the key"), ("FROB a", "Syntax error"),
    ("SET a = :x, a = :x", "overlap"), ("SET a.b.c = :x", "document path"), ("SET a = b", "does not exist"),
    ("SET a = nofun(:x)", "Invalid function name"), ("SET a = :x SET b = :x", "can only be used once"),
    ("SET a = :x + :x", "incorrect data type"), ("ADD a :x", "Incorrect operand type"), ("REMOVE z", "unused in expressions"),
])
def test_mistakes_in_updates_are_named(db, table, expression, text):
    put(db, table, "e", 1)
    more = {} if "does not" in text else {"ExpressionAttributeValues": {":x": {"S": "x"}}}
    kind, message = code(db.update_item, TableName=table, Key={"p": {"S": "e"}, "s": {"N": "1"}},
                         UpdateExpression=expression, **more)
    assert kind == "ValidationException" and text in message, message
    item = db.get_item(TableName=table, Key={"p": {"S": "e"}, "s": {"N": "1"}}, ConsistentRead=True)["Item"]
    assert item == {"p": {"S": "e"}, "s": {"N": "1"}}


def test_query_and_scan_page_and_filter(cluster, db, table):
    for number in range(60):
        put(db, table, "q", number, even={"BOOL": number % 2 == 0})
    put(db, table, "other", 1)
    ask = dict(TableName=table, ConsistentRead=True, KeyConditionExpression="p = :p AND s >= :s",
               ExpressionAttributeValues={":p": {"S": "q"}, ":s": {"N": "50"}})
    assert sort_keys(db.query(**ask)) == [str(n) for n in range(50, 60)]
    assert sort_keys(db.query(**ask, ScanIndexForward=False, Limit=3)) == ["59", "58", "57"]
    pages = list(db.get_paginator("query").paginate(**ask, PaginationConfig={"PageSize": 4}))
    assert [page["Count"] for page in pages] == [4, 4, 2] and "LastEvaluatedKey" not in pages[-1]
    evens = db.query(TableName=table, KeyConditionExpression="p = :p", FilterExpression="even = :e", Select="COUNT", ConsistentRead=True,
                     ExpressionAttributeValues={":p": {"S": "q"}, ":e": {"BOOL": True}})
    assert evens["Count"] == 30 and evens["ScannedCount"] == 60 and "Items" not in evens
    assert db.scan(TableName=table, ConsistentRead=True)["Count"] == 61
    parts = [db.scan(TableName=table, TotalSegments=3, Segment=n, ConsistentRead=True)["Count"] for n in range(3)]
    assert sum(parts) == 61
    seen = boto3.resource("dynamodb", endpoint_url=cluster.endpoints["aws"], region_name="us-east-1",
                          aws_access_key_id=cluster.endpoints["aws_access_key_id"],
                          aws_secret_access_key=cluster.endpoints["aws_secret_access_key"]).Table(table)
    found = seen.query(KeyConditionExpression=Key("p").eq("q") & Key("s").between(3, 7), FilterExpression=Attr("even").eq(True),
                       ConsistentRead=True)
    assert [int(item["s"]) for item in found["Items"]] == [4, 6]


def test_a_page_ends_at_a_megabyte(db, table):
    for number in range(7):
        put(db, table, "big", number, body={"S": "x" * 300_000})
    first = db.query(TableName=table, KeyConditionExpression="p = :p", ConsistentRead=True,
                     ExpressionAttributeValues={":p": {"S": "big"}})
    assert first["Count"] == 4 and first["LastEvaluatedKey"]["s"] == {"N": "3"}
    assert code(db.put_item, TableName=table, Item={"p": {"S": "b"}, "s": {"N": "1"}, "x": {"S": "x" * 410_000}})[0] == \
        "ValidationException"


def test_transactions_are_all_or_nothing(db, table):
    put(db, table, "a", 1, money={"N": "10"})
    put(db, table, "b", 1, money={"N": "0"})

    def move(amount, token=None):
        more = {"ClientRequestToken": token} if token else {}
        change = [("a", "-", "money >= :v"), ("b", "+", "attribute_exists(p)")]
        db.transact_write_items(**more, TransactItems=[
            {"Update": {"TableName": table, "Key": {"p": {"S": who}, "s": {"N": "1"}},
                        "UpdateExpression": f"SET money = money {sign} :v", "ConditionExpression": condition,
                        "ExpressionAttributeValues": {":v": {"N": str(amount)}}}} for who, sign, condition in change])

    def money():
        both = db.transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": {"p": {"S": who}, "s": {"N": "1"}}}}
                                                    for who in "ab"])["Responses"]
        return [int(one["Item"]["money"]["N"]) for one in both]

    move(4)
    assert money() == [6, 4]
    with pytest.raises(db.exceptions.TransactionCanceledException) as refused:
        move(7)
    assert [one["Code"] for one in refused.value.response["CancellationReasons"]] == ["ConditionalCheckFailed", "None"]
    assert money() == [6, 4]
    move(1, "the-same-token")
    move(1, "the-same-token")
    assert money() == [5, 5], "the same token twice moves once"
    assert code(move, amount=2, token="the-same-token")[0] == "IdempotentParameterMismatchException"


def test_many_writers_of_one_counter_lose_nothing(cluster, db, table):
    def count():
        mine = client(cluster)
        for _ in range(10):
            mine.update_item(TableName=table, Key={"p": {"S": "n"}, "s": {"N": "1"}}, UpdateExpression="ADD n :one",
                             ExpressionAttributeValues={":one": {"N": "1"}})

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.get_item(TableName=table, Key={"p": {"S": "n"}, "s": {"N": "1"}}, ConsistentRead=True)["Item"]["n"] == \
        {"N": "60"}


def test_batches(db, table):
    wanted = [{"PutRequest": {"Item": {"p": {"S": "batch"}, "s": {"N": str(n)}}}} for n in range(25)]
    assert db.batch_write_item(RequestItems={table: wanted})["UnprocessedItems"] == {}
    keys = [{"p": {"S": "batch"}, "s": {"N": str(n)}} for n in range(30)]
    assert len(db.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})["Responses"][table]) == 25
    assert code(db.batch_write_item, RequestItems={table: wanted + wanted[:1]})[0] == "ValidationException"
    assert code(db.batch_get_item, RequestItems={table: {"Keys": keys[:1] * 2}})[0] == "ValidationException"


def test_time_to_live(db, table):
    db.update_time_to_live(TableName=table, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
    assert db.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    put(db, table, "t", 1, ttl={"N": str(int(time.time()) - 1)})
    put(db, table, "t", 2, ttl={"N": str(int(time.time()) + 1000)})
    put(db, table, "t", 3, ttl={"S": "not a number"})
    put(db, table, "t", 4, ttl={"N": str(int(time.time()) - 6 * 365 * 86400)})
    wait_until(lambda: db.scan(TableName=table)["Count"] == 3, 10, "that the one whose time is over is gone")
    time.sleep(1.2)
    assert sorted(sort_keys(db.scan(TableName=table, ConsistentRead=True))) == ["2", "3", "4"]


def test_who_may_call(cluster, db):
    wrong = client(cluster, aws_secret_access_key="wrong")
    assert code(wrong.list_tables)[0] == "InvalidSignatureException"
    stranger = client(cluster, aws_access_key_id="stranger")
    assert code(stranger.list_tables)[0] == "UnrecognizedClientException"
    url = cluster.endpoints["aws"]
    for target in ("ListTables", "Frobnicate", "a|b|c"):
        bare = subprocess.run(["curl", "-s", url, "-H", f"X-Amz-Target: DynamoDB_20120810.{target}", "-d", "{}"],
                              capture_output=True, text=True).stdout
        assert "MissingAuthenticationTokenException" in bare, "nothing is looked at before the signature"
        assert json.loads(bare)["__type"].startswith("com.amazonaws.dynamodb")
    elsewhere = client(cluster, region_name="eu-central-1")
    kind, message = code(elsewhere.list_tables)
    assert kind == "InvalidSignatureException" and "'us-east-1'" in message


def test_consumed_capacity_is_told_by_batches_and_transactions_too(db, table):
    key = {"p": {"S": "c"}, "s": {"N": "1"}}
    for word in ("NONE", "TOTAL", "INDEXES"):
        said = {"ReturnConsumedCapacity": word}
        one = [db.put_item(TableName=table, Item={**key, "v": {"S": "x" * 5000}}, **said),
               db.get_item(TableName=table, Key=key, ConsistentRead=True, **said),
               db.query(TableName=table, KeyConditionExpression="p = :p",
                        ExpressionAttributeValues={":p": {"S": "c"}}, **said)]
        many = [db.batch_get_item(RequestItems={table: {"Keys": [key]}}, **said),
                db.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key}}]}, **said),
                db.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": key}}], **said),
                db.transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": key}}], **said)]
        if word == "NONE":
            assert not [answer for answer in one + many if "ConsumedCapacity" in answer]
            continue
        told = [answer["ConsumedCapacity"] for answer in one] + [answer["ConsumedCapacity"][0] for answer in many]
        for about in told:
            assert about["TableName"] == table and about["CapacityUnits"] > 0
            assert ("Table" in about) == (word == "INDEXES")
        assert told[0]["CapacityUnits"] == 5 and told[1]["CapacityUnits"] == 2
        assert told[5]["WriteCapacityUnits"] == 2 and told[6]["ReadCapacityUnits"] == 2, "a transaction costs twice"
    kind, message = code(db.scan, TableName=table, ReturnConsumedCapacity="foo")
    assert kind == "ValidationException" and "'foo' at 'returnConsumedCapacity'" in message


def test_the_aws_command_line(cluster, table):
    ends = cluster.endpoints
    env = dict(os.environ, AWS_ACCESS_KEY_ID=ends["aws_access_key_id"], AWS_DEFAULT_REGION="us-east-1",
               AWS_SECRET_ACCESS_KEY=ends["aws_secret_access_key"], AWS_PAGER="")

    def aws(*words):
        done = subprocess.run(["aws", "dynamodb", *words, "--endpoint-url", ends["aws"]], env=env, capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    aws("put-item", "--table-name", table, "--item", '{"p": {"S": "cli"}, "s": {"N": "1"}}')
    assert aws("scan", "--consistent-read", "--table-name", table)["Count"] == 1
    assert table in aws("list-tables")["TableNames"]
    named = cluster.run("endpoints", "--env").stdout
    assert f"AWS_ENDPOINT_URL='{ends['aws']}'" in named and "AWS_SECRET_ACCESS_KEY" in named


def test_acknowledged_writes_survive_the_deaths_of_database_and_service(cluster, db, table):
    acknowledged, over = [], threading.Event()

    def write(worker):
        mine = client(cluster, config=Config(retries={"max_attempts": 10, "mode": "standard"}, read_timeout=10))
        number = 0
        while not over.is_set():
            number += 1
            try:
                mine.put_item(TableName=table, Item={"p": {"S": f"w{worker}"}, "s": {"N": str(number)}},
                              ConditionExpression="attribute_not_exists(p)")
                acknowledged.append((f"w{worker}", str(number)))
            except Exception:  # in doubt, or refused while nobody is there
                time.sleep(0.02)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for target in ("db:primary", "awsapi-1", "db:primary"):
        time.sleep(1)
        assert cluster.run("kill", target).returncode == 0
        wait_until(cluster.healthy, 30)
    time.sleep(1)
    over.set()
    for thread in threads:
        thread.join(30)
    there = set()
    for page in db.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        there |= {(item["p"]["S"], item["s"]["N"]) for item in page["Items"]}
    assert len(acknowledged) > 50
    assert not set(acknowledged) - there, "an acknowledged write is lost"
