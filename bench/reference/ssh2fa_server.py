#!/usr/bin/python3
"""What SSH2FA's server does: Flask's own threaded server, logins in a dictionary, approved by GET."""
import logging
import sys
import uuid

from flask import Flask, jsonify, request

app = Flask(__name__)
logging.getLogger("werkzeug").setLevel(logging.ERROR)
by_session = {}
by_display = {}


@app.post("/start_login")
def start_login():
    login = {"username": request.get_json()["username"], "status": "pending"}
    session, display = str(uuid.uuid4()), str(uuid.uuid4())
    by_session[session] = by_display[display] = login
    return jsonify(success=True, session_token=session, display_token=display)


@app.post("/check_status")
def check_status():
    login = by_session.get(request.get_json()["token"])
    return jsonify(status="expired" if login is None else login["status"])


@app.get("/approve")
def approve():
    by_display[request.args["token"]]["status"] = "approved"
    return "approved"


app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
