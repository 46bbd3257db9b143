"""A guest book: visits are counted in the cache, entries kept in the database. Nothing but the standard
library, redis-py and psycopg."""
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import redis

CACHE = redis.Redis.from_url(os.environ["CACHE_URL"], socket_timeout=2, retry_on_timeout=True)
TRIES = 40  # a failover takes a moment: whatever is sent here may be sent twice


def again(work):
    for attempt in range(TRIES):
        try:
            return work()
        except (redis.RedisError, psycopg.Error):
            if attempt + 1 == TRIES:
                raise
            time.sleep(0.1)


def sql(statement, *values):
    def work():
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, connect_timeout=2) as db:
            done = db.execute(statement, values)
            return done.fetchall() if done.description else []

    return again(work)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Instance", os.environ.get("INSTANCE_ID", ""))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200, {"ok": True})
        if self.path != "/":
            return self.answer(404, {"error": "there is only /"})
        visits = again(lambda: CACHE.incr("visits"))
        entries = [row[0] for row in sql("SELECT entry FROM guestbook ORDER BY entry")]
        self.answer(200, {"instance": os.environ.get("INSTANCE_ID"), "visits": visits, "entries": entries})

    def do_POST(self):
        entry = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        sql("INSERT INTO guestbook (entry) VALUES (%s) ON CONFLICT (entry) DO NOTHING", entry)
        self.answer(201, {"entry": entry})

    def log_message(self, text, *values):
        print(text % values, file=sys.stderr)


def main():
    sql("CREATE TABLE IF NOT EXISTS guestbook (entry TEXT PRIMARY KEY)")
    server = ThreadingHTTPServer((os.environ.get("HOST", ""), int(os.environ["PORT"])), Handler)
    server.daemon_threads = False
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()


main()
