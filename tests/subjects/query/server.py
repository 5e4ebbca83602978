"""One tool, `query`, over standard input and output: its SQL runs in a transaction that only reads."""

import json
import os
import subprocess
import sys

TOOL = {
    "name": "query",
    "description": "Runs a query; nothing can be changed by it.",
    "inputSchema": {"type": "object", "properties": {"sql": {"type": "string"}}, "required": ["sql"]},
}


def run(sql):
    script = "BEGIN READ ONLY; SELECT answer(:'sql'); ROLLBACK;"
    words = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-v", f"sql={sql}", os.environ["DATABASE"]]
    done = subprocess.run(words, input=script, capture_output=True, text=True, timeout=20)
    return {"content": [{"type": "text", "text": done.stdout or done.stderr}], "isError": done.returncode != 0}


def answer(method, params):
    if method == "initialize":
        return {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "query", "version": "1"},
        }
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        if params["name"] != "query":
            raise LookupError(-32602, f"Unknown tool: {params['name']}")
        sql = params["arguments"]["sql"]
        if not isinstance(sql, str):
            raise LookupError(-32602, "sql is a text")
        return run(sql)
    raise LookupError(-32601, "Method not found")


def reply(line):
    try:
        request = json.loads(line)
    except ValueError:
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Invalid request"}}
    if "id" not in request:
        return None
    told = {"jsonrpc": "2.0", "id": request["id"]}
    try:
        return told | {"result": answer(request["method"], request.get("params") or {})}
    except LookupError as error:
        code, message = error.args if len(error.args) == 2 else (-32602, "Invalid params")
        return told | {"error": {"code": code, "message": message}}
    except (TypeError, AttributeError):
        return told | {"error": {"code": -32602, "message": "Invalid params"}}


for line in sys.stdin.buffer:
    if (told := reply(line)) is not None:
        print(json.dumps(told), flush=True)
