#!/usr/bin/python3
"""What SSH2FA's client does for a login: start it, show the link, ask each second on a new
connection, then run the user's shell as a child and stay until it ends."""
import json
import os
import subprocess
import sys
import time
import urllib.request

SERVER = sys.argv[1]
POLLS = 60


def post(path, body):
    request = urllib.request.Request(
        SERVER + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


started = post("/start_login", {"username": os.environ.get("USER", "nobody")})
sys.stderr.write(f"{SERVER}/approve?token={started['display_token']}\n")
sys.stderr.flush()
begun = time.monotonic()
for poll in range(1, POLLS + 1):
    time.sleep(max(0, begun + poll - time.monotonic()))
    if post("/check_status", {"token": started["session_token"]})["status"] == "approved":
        command = os.environ.get("SSH_ORIGINAL_COMMAND")
        sys.exit(subprocess.call(["sh"] if command is None else ["sh", "-c", command]))
sys.exit(1)
