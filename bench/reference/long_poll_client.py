#!/usr/bin/python3
"""A bare long poll: one request, and when it is answered, become the user's shell."""
import http.client
import os
import sys
import uuid

ticket = uuid.uuid4().hex
connection = http.client.HTTPConnection(sys.argv[1])
connection.connect()
sys.stderr.write(f"http://{sys.argv[1]}/approve?token={ticket}\n")
sys.stderr.flush()
connection.request("GET", f"/wait?token={ticket}")
connection.getresponse().read()
# As the gate does, for a bash that finds it skips ~/.bashrc, and a plain sshd's does not.
os.environ.pop("SHLVL", None)
os.execv("/bin/bash", ["bash", "-c", os.environ["SSH_ORIGINAL_COMMAND"]])
