#!/usr/bin/env python3
"""A user and an order service in one small program that is not ours, for foreign_service_test.cpp.

It knows nothing of msdemo: it listens on a port, prints what it is asked, and records no spans.
"""
import argparse
import http.server
import json
import os
import threading
import urllib.request

USERS = {}


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("user_url", nargs="?")
    parser.add_argument("--no-users", action="store_true", help="take no users")
    parser.add_argument("--together", type=int, default=1,
                        help="answer orders only when so many are there")
    return parser.parse_args()


OPTIONS = options()
TOGETHER = threading.Barrier(OPTIONS.together, timeout=20)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        user = USERS.get(self.path.rpartition("/")[2])
        self.answer(200, user) if user else self.answer(404, {"detail": "Not Found"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/users" and OPTIONS.no_users:
            self.answer(500, {"detail": "no users today"})
        elif self.path == "/users":
            self.answer(200, USERS.setdefault(str(len(USERS) + 1),
                                              {"id": len(USERS) + 1, "name": body["name"]}))
        else:
            self.order(body)

    def order(self, body):
        TOGETHER.wait()
        try:
            with urllib.request.urlopen(f"{OPTIONS.user_url}/users/{body['user_id']}") as found:
                name = json.load(found)["name"]
        except urllib.error.HTTPError as error:
            return self.answer(500, {"detail": f"user service: {error.code}"})
        print(f"order for {name}")
        return self.answer(200, {"item": body["item_name"], "for": name, "pid": os.getpid()})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", OPTIONS.port), Handler).serve_forever()
