"""A canary for any web app: one page, asked at a steady pace whatever became of the requests before (open loop)."""
import threading
import time
import urllib.error
import urllib.request

TIMEOUT_S = 5


class Watch:
    """`with cluster.watch(path="/health") as seen: ...`, then seen.outage_ms, seen.failed, seen.requests."""

    def __init__(self, url, every_ms=25, ok=None):
        self.url, self.every_s = url, every_ms / 1000
        self.ok = ok or (lambda status: 200 <= status < 400)
        self.answers = []  # (due, done, good), seconds of time.monotonic()
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._threads = []

    def _ask(self, due):
        try:
            with urllib.request.urlopen(self.url, timeout=TIMEOUT_S) as answer:
                good = self.ok(answer.status)
                answer.read()
        except urllib.error.HTTPError as error:
            good = self.ok(error.code)
        except OSError:
            good = False
        with self._lock:
            self.answers.append((due, time.monotonic(), good))

    def _pace(self):
        began, number = time.monotonic(), 0
        while not self._stop.is_set():
            due = began + number * self.every_s
            number += 1
            time.sleep(max(0, due - time.monotonic()))
            thread = threading.Thread(target=self._ask, args=(due,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def __enter__(self):
        self._began = time.monotonic()
        self._pacer = threading.Thread(target=self._pace, daemon=True)
        self._pacer.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._pacer.join()
        for thread in self._threads:
            thread.join(TIMEOUT_S + 1)
        self.ended = time.monotonic()

    @property
    def requests(self):
        return len(self.answers)

    @property
    def failed(self):
        return sum(not good for _, _, good in self.answers)

    @property
    def outage_ms(self):
        """The longest time without one success."""
        moments = sorted(done for _, done, good in self.answers if good)
        edges = [self._began, *moments, getattr(self, "ended", time.monotonic())]
        return int(1000 * max(later - earlier for earlier, later in zip(edges, edges[1:])))

    @property
    def slowest_ms(self):
        return int(1000 * max((done - due for due, done, good in self.answers if good), default=0))
