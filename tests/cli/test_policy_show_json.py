"""The tables as a program reads them."""

import json

from policy_verbs_fixtures import FILES, WAIVER

from enforcer.cli.policy_show_json import as_json
from enforcer.policy.day import day, in_force
from enforcer.policy.load import load


def test_members() -> None:
    policy = load(FILES, WAIVER)
    group, at = policy.site.groups[0], 1612224000.0
    answer = as_json(policy, group, at, day(policy, group, at), in_force(policy, group, at))
    answer = json.loads(json.dumps(answer))
    assert (answer["at"], answer["subjects"], answer["profile"]) == ("2021-02-02T00:00:00Z", ["us-person"], "statutory")
    update, store, intel = answer["tables"][0]["services"]
    assert (update["verdict"], update["waiver"], update["bans"]["xx-steps"]["verdict"]) == ("flag", "W-1", "block")
    assert update["would_block_from"] == "2021-03-01T00:00:00Z"
    assert (store["ban"], store["phase"]) == ("xx-steps", "full")
    assert intel["bans"]["xx-steps"]["exempt"] == "intelligence"
    assert answer["tables"][1]["vendor"] is None
    assert (answer["bans"][0]["concerns_us"], answer["bans"][0]["phase"]) == ("adopted: it is for us-person", "full")
    assert (answer["waivers"][0]["id"], answer["waivers"][0]["singles_out"]) == ("W-1", False)
