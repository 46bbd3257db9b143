"""awsapi alone beside a database: who may call, and that no request ends it."""
import datetime
import hashlib
import hmac
import socket

import boto3
import httpx
import pytest

from daemon import Daemon, run_to_end, wait_for

SECRET = "top secret"
TABLE = {"TableName": "tab", "BillingMode": "PAY_PER_REQUEST",
         "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
         "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
NO_AWS = {name: "" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION",
                                "MULTIAZ_AWS_SECRET")}


@pytest.fixture(scope="module")
def database():
    with Daemon("dbnode", "--port", 0) as node:
        yield f"postgresql://shop@127.0.0.1:{node.port}/shop"


@pytest.fixture(scope="module")
def service(database):
    with Daemon("awsapi", "--port", 0, env={**NO_AWS, "DATABASE_URL": database, "AWS_SECRET_ACCESS_KEY": SECRET}) as node:
        wait_for(lambda: httpx.get(node.url + "/health").status_code == 200, "health")
        yield node


def signed(node, operation, body, secret=SECRET, at=None, region="us-east-1", name="dynamodb"):
    """Signature Version 4 by hand: the time and the scope are the test's."""
    body = body if isinstance(body, bytes) else body.encode()
    date = (at or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
    headers = {"Host": f"{node.address}:{node.port}", "X-Amz-Date": date, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    names = ";".join(header.lower() for header in headers)
    lines = "".join(f"{header.lower()}:{value}\n" for header, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date[:8]}/{region}/{name}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential=multiaz/{scope}, SignedHeaders={names}, "
                                f"Signature={signature}")
    return headers


def call(node, operation, body, **more):
    return httpx.post(node.url + "/", content=body, headers=signed(node, operation, body, **more), timeout=20)


def kind(answer):
    return answer.json()["__type"].split("#")[1]


def test_without_a_secret_it_does_not_start(database):
    env = {**NO_AWS, "DATABASE_URL": database}
    code, text = run_to_end("awsapi", "--port", 0, env=env)
    assert code == 254 and "AWS_SECRET_ACCESS_KEY" in text and "--no-auth" in text
    code, text = run_to_end("awsapi", "--port", 0, "--no-auth", env={**env, "AWS_SECRET_ACCESS_KEY": "x"})
    assert code == 254 and "contradict" in text
    with Daemon("awsapi", "--port", 0, "--no-auth", env=env) as node:
        wait_for(lambda: httpx.get(node.url + "/health").status_code == 200, "health")
        answer = httpx.post(node.url, content="{}", headers={"X-Amz-Target": "DynamoDB_20120810.ListTables"})
        assert answer.status_code == 200
    with Daemon("awsapi", "--port", 0, env={**env, "MULTIAZ_AWS_SECRET": SECRET}) as node:
        wait_for(lambda: httpx.get(node.url + "/health").status_code == 200, "health")
        assert call(node, "ListTables", "{}").status_code == 200


def test_boto3_with_the_documented_variable(service):
    db = boto3.client("dynamodb", endpoint_url=service.url, region_name="us-east-1", aws_access_key_id="multiaz",
                      aws_secret_access_key=SECRET)
    db.create_table(**TABLE)
    db.put_item(TableName="tab", Item={"id": {"S": "a"}})
    assert db.scan(TableName="tab", ConsistentRead=True)["Count"] == 1


def test_a_signature_counts_for_its_time_scope_and_headers(service):
    now = datetime.datetime.now(datetime.timezone.utc)
    assert call(service, "ListTables", "{}", at=now).status_code == 200
    for minutes, part in ((-16, "Signature expired"), (16, "Signature not yet current")):
        old = call(service, "ListTables", "{}", at=now + datetime.timedelta(minutes=minutes))
        assert old.status_code == 400 and kind(old) == "InvalidSignatureException" and part in old.json()["message"]
    assert kind(call(service, "ListTables", "{}", secret="another")) == "InvalidSignatureException"
    assert "valid region" in call(service, "ListTables", "{}", region="r").json()["message"]
    assert "correct service" in call(service, "ListTables", "{}", name="s3").json()["message"]
    captured = signed(service, "GetItem", "{}")
    captured["X-Amz-Target"] = "DynamoDB_20120810.DeleteItem"
    assert kind(httpx.post(service.url, content="{}", headers=captured)) == "InvalidSignatureException"
    for name in ("X-Amz-Target", "X-Amz-Date", "Host"):
        headers = signed(service, "ListTables", "{}")
        names = headers["Authorization"].split("SignedHeaders=")[1].split(",")[0]
        left = ";".join(one for one in names.split(";") if one != name.lower())
        headers["Authorization"] = headers["Authorization"].replace(names, left)
        answer = httpx.post(service.url, content="{}", headers=headers)
        assert f"'{name.lower()}' must be a 'SignedHeader'" in answer.json()["message"]


def test_a_stranger_is_refused_before_the_body_is_read(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n"
                     b"Content-Length: 16000000\r\n\r\n{")
        assert b"MissingAuthenticationTokenException" in link.recv(65536)


def test_no_request_ends_it(service):
    forged = {"Authorization": "AWS4-HMAC-SHA256 Credential=nobody/20000101/r/s/aws4_request, SignedHeaders=x, "
                               "Signature=bad", "X-Amz-Date": "20000101T000000Z"}
    for target in (b"a|b", b"a|b|c", b"\xff\xfe|", b'"', b"GetItem|", b"x" * 5000):
        for headers in ({}, forged):
            raw = [(name.encode(), value.encode()) for name, value in headers.items()]
            answer = httpx.post(service.url, content=b"{}", headers=[*raw, (b"X-Amz-Target", b"DynamoDB_20120810." + target)])
            assert answer.status_code == 400, target
    bodies = ["[", "[]", "5", "null", '{"TableName":5}', '{"TableName":"a|b"}', '{"TableName":"\xff"}'.encode("latin-1"),
              '{"TableName":"tab","Select":5}', '{"TableName":"tab","Key":[5]}', "[" * 100_000,
              '{"TableName":"tab","Key":{"id":{"S":"k"}},"UpdateExpression":"SET a = ' + "list_append(" * 200_000 +
              '","ExpressionAttributeValues":{":l":{"L":[]}}}']
    for operation in ("Scan", "Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem",
                      "TransactGetItems", "TransactWriteItems", "CreateTable", "DescribeTable", "UpdateTimeToLive",
                      "a|b|c"):
        for body in bodies:
            body = body if isinstance(body, bytes) else body.encode()
            answer = call(service, operation, body)
            if body.startswith(b'{"TableName":"tab"') and answer.status_code == 200:
                continue  # a field of other operations: not looked at here, as in AWS
            assert answer.status_code == 400 and kind(answer).endswith("Exception"), (operation, body[:60])
    assert service.running() and httpx.get(service.url + "/health").status_code == 200
