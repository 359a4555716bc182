import json, pytest
from tests.hosts.test_host_tool_replay import *
async def test_probe(host, tab, client):
    async with settings(client, ADVANCED="TOOL_EXECUTION_MODE=Open-WebUI"):
        turn = await asked(tab, order("return_text", {"text": "some $ \"text\""}, times=2, rounds=2))
        print(json.dumps(turn.message, indent=1)[:3000])
        sent = await sent_next(tab, host, turn)
    print(kinds(sent)); print(json.dumps(sent, indent=1)[:5000])
