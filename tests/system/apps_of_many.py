"""A web app that is more than one process; how it becomes so is its argument.

    apps_of_many.py serve | fork | daemon | left | bare | stubborn

serve   one process                       fork    a parent that only waits for two workers with one socket
daemon  forks twice, setsid; its first    left    the same, but the first process ends with code 0
        process stays                     bare    a child whose environment is empty, in a session of its own
stubborn  a worker that ignores every polite signal
Each answers with its pid."""
import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.environ.get('INSTANCE_ID', '?')} {os.getpid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(HTTPServer):
    allow_reuse_address = True


def serve(host, port):
    Server((host, port), Answer).serve_forever()


def serve_on(listener):
    server = Server(("127.0.0.1", 0), Answer, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()


def fork(host, port):
    listener = socket.create_server((host, port))
    for _ in range(2):
        if os.fork() == 0:
            serve_on(listener)
    listener.close()
    while True:
        os.wait()


def daemonised(host, port):
    if os.fork() == 0:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        os.setsid()
        os.chdir("/")
        serve(host, port)


def daemon(host, port):
    daemonised(host, port)
    while True:
        time.sleep(3600)


def left(host, port):
    daemonised(host, port)


def bare(host, port):
    if os.fork() == 0:
        os.setsid()
        os.execve(sys.executable, [sys.executable, os.path.abspath(__file__), "serve", host, str(port)], {})
    while True:
        time.sleep(3600)


def stubborn(host, port):
    if os.fork() == 0:
        os.setsid()
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        serve(host, port)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    host = sys.argv[2] if len(sys.argv) > 2 else os.environ["HOST"]
    port = int(sys.argv[3] if len(sys.argv) > 3 else os.environ["PORT"])
    globals()[sys.argv[1]](host, port)
