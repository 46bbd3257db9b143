#!/usr/bin/env python3
"""A small web server for tests of the load balancer: python3 web_stub.py NAME. Prints its port.

GET /health /whoami /headers /count /bytes?n= /slow?ms= /until-close /until-gone /gone?who=   POST /echo /gone /early
Counts what it was asked, so that tests can tell whether a request came twice."""
import collections
import hashlib
import json
import os
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

NAME = sys.argv[1]
counts = collections.Counter()
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one write: killed at any moment, a small answer is whole or not there

    def log_message(self, *args):
        pass

    def handle_expect_100(self):
        return True

    def reply(self, body, status=200, **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", NAME)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def ask(self):
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        with lock:
            counts[f"{self.command} {parts.path}"] += 1
        return parts.path

    def body_pieces(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                return
            left -= len(piece)
            yield piece

    def vanish(self):
        """The connection ends without a byte of an answer."""
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def do_GET(self):
        path = self.ask()
        if path == "/headers":
            self.reply([[name, value] for name, value in self.headers.items()])
        elif path == "/count":
            with lock:
                self.reply(dict(counts))
        elif path == "/bytes":
            self.send_bytes(int(self.query["n"]))
        elif path == "/slow":
            time.sleep(int(self.query["ms"]) / 1000)
            self.reply({"name": NAME})
        elif path == "/until-close":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Served-By: x\r\n\r\nall of it")
            self.close_connection = True
        elif path == "/until-gone":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nnot all of it")
            self.wfile.flush()
            time.sleep(0.2)  # it is on its way to the client by then
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.dup2(os.open(os.devnull, os.O_RDWR), self.connection.fileno())  # the socket closes with a reset
            self.close_connection = True
        elif path == "/gone" and self.query.get("who") in (NAME, "all"):
            self.vanish()
        elif path == "/short":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all of it")
            self.close_connection = True
        elif path == "/garbage":
            self.wfile.write(b"what?\r\n\r\n")
            self.close_connection = True
        elif path == "/big-head":
            self.reply(b"", X_Big="x" * 40000)
        else:
            self.reply({"name": NAME})

    do_HEAD = do_GET
    do_DELETE = do_GET

    def send_bytes(self, count):
        self.send_response(200)
        self.send_header("Content-Length", str(count))
        self.end_headers()
        piece = bytes(range(256)) * 256
        while count and self.command != "HEAD":
            self.wfile.write(piece[:count])
            count -= min(count, len(piece))

    def do_POST(self):
        path = self.ask()
        if path == "/early":
            self.close_connection = True
            self.reply({"early": NAME}, 403, Connection="close")
            return
        digest, size = hashlib.sha256(), 0
        for piece in self.body_pieces():
            digest.update(piece)
            size += len(piece)
        if path == "/gone":
            self.vanish()
        else:
            self.reply({"name": NAME, "bytes": size, "sha256": digest.hexdigest()})

    do_PUT = do_POST


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


server = Server(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
