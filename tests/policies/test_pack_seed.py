"""The bans as their subjects live them: each instant on both sides, to the second, by the site that is bound."""

from typing import NamedTuple

import pytest
from pack_fixtures import ask, instant, site

from enforcer.model.verdict import Verdict

HOSTS = {
    "update": "s07.upd.kaspersky.com",
    "ksn": "dc1.ksn.kaspersky-labs.com",
    "store": "store.kaspersky.com",
    "download": "products.s.kaspersky-labs.com",
    "activation": "activation-v2.kaspersky.com",
    "account": "my.kaspersky.com",
    "intel": "opentip.kaspersky.com",
    "site": "www.kaspersky.com",
    "tiktok": "www.tiktok.com",
    "deepseek": "chat.deepseek.com",
    "wechat": "wx.qq.com",
    "camera": "api.hik-connect.com",
    "drone": "adhoc.djiservice.org",
    "router": "n-device-api.tplinkcloud.com",
}
SITES = {
    "person": ("us-person",),
    "civilian": ("us-person", "us-federal-civilian"),
    "military": ("us-person", "us-military"),
    "contractor": ("us-person", "us-federal-contractor"),
}
"""Other words are the one subject of the site."""

# Who, what they reach for, the day whose first instant it is, the verdict a second before, the one then, and by what.
STATUTORY = """
# A private US site: the determination in its two steps.
person            update     2024-06-20-04:00  observe  observe  us-commerce-kaspersky-2024/announced
person            store      2024-07-20-04:00  observe  flag     us-commerce-kaspersky-2024/new-agreements
person            download   2024-07-20-04:00  observe  flag     us-commerce-kaspersky-2024/new-agreements
person            update     2024-07-20-04:00  observe  observe  us-commerce-kaspersky-2024/new-agreements
person            ksn        2024-07-20-04:00  observe  observe  us-commerce-kaspersky-2024/new-agreements
person            update     2024-09-29-04:00  observe  block    us-commerce-kaspersky-2024/full
person            ksn        2024-09-29-04:00  observe  block    us-commerce-kaspersky-2024/full
person            store      2024-09-29-04:00  flag     block    us-commerce-kaspersky-2024/full
person            activation 2024-09-29-04:00  flag     block    us-commerce-kaspersky-2024/full
person            account    2024-09-29-04:00  observe  flag     us-commerce-kaspersky-2024/full
person            site       2024-09-29-04:00  observe  observe  us-commerce-kaspersky-2024/full
person            intel      2024-09-29-04:00  allow    allow    us-commerce-kaspersky-2024/None
# The trade list: the same week, exports only.
us-exporter       update     2024-06-24-04:00  observe  observe  us-entity-list-kaspersky-2024/listed
# 2017: a federal civilian agency, 30, 60 and 90 days.
civilian          update     2017-09-13-04:00  observe  observe  us-bod-17-01-kaspersky-2017/issued
civilian          update     2017-10-13-04:00  observe  flag     us-bod-17-01-kaspersky-2017/identify-due
civilian          store      2017-11-12-05:00  flag     flag     us-bod-17-01-kaspersky-2017/plan-due
civilian          store      2017-12-12-05:00  flag     block    us-bod-17-01-kaspersky-2017/removal-begins
civilian          update     2017-12-12-05:00  flag     flag     us-bod-17-01-kaspersky-2017/removal-begins
# 2018: every federal system, military ones too, and no carve-out for threat intelligence.
civilian          update     2018-10-01-04:00  flag     block    us-ndaa-1634-kaspersky-2018/in-force
civilian          intel      2018-10-01-04:00  observe  block    us-ndaa-1634-kaspersky-2018/in-force
civilian          site       2018-10-01-04:00  observe  flag     us-ndaa-1634-kaspersky-2018/in-force
military          update     2018-10-01-04:00  observe  block    us-ndaa-1634-kaspersky-2018/in-force
military          ksn        2018-10-01-04:00  observe  block    us-ndaa-1634-kaspersky-2018/in-force
military          store      2018-10-01-04:00  observe  block    us-ndaa-1634-kaspersky-2018/in-force
military          intel      2018-10-01-04:00  observe  block    us-ndaa-1634-kaspersky-2018/in-force
# A contractor: flagged by the clause, and as a US person under the determination since.
contractor        update     2018-07-16-04:00  observe  flag     us-far-52-204-23-kaspersky-2018/clause
contractor        intel      2018-10-01-04:00  observe  flag     us-far-52-204-23-kaspersky-2018/use-barred
contractor        update     2023-12-04-05:00  flag     flag     us-far-52-204-23-kaspersky-2018/report-in-three-days
contractor        update     2024-09-29-04:00  flag     block    us-commerce-kaspersky-2024/full
contractor        tiktok     2023-06-02-04:00  observe  flag     us-far-52-204-27-tiktok-2023/clause
contractor        camera     2020-08-13-04:00  observe  flag     us-ndaa-889b-2020/in-force
# 2022: the lists, the warnings, Maryland.
us-usf-recipient  update     2022-03-25-04:00  observe  observe  us-fcc-list-kaspersky-2022/listed
de-anyone         update     2022-03-15+01:00  observe  flag     de-bsi-kaspersky-2022/warned
pl-ksc            update     2022-06-02+02:00  observe  flag     pl-recommendation-kaspersky-2022/recommended
us-md-executive   site       2022-12-06-05:00  observe  flag     us-md-ed-2022-12-001/issued
us-md-executive   site       2022-12-20-05:00  flag     block    us-md-ed-2022-12-001/due
us-md-executive   wechat     2022-12-20-05:00  flag     block    us-md-ed-2022-12-001/due
us-md-executive   tiktok     2022-12-20-05:00  flag     block    us-md-ed-2022-12-001-tiktok/due
it-pa             update     2022-04-26+02:00  observe  flag     it-dl-21-kaspersky-2022/circular-4336
# The others.
civilian          tiktok     2023-03-29-04:00  observe  block    us-omb-m-23-13-tiktok-2023/traffic-prohibited
us-tx-agency      tiktok     2024-11-20-06:00  flag     block    us-tx-prohibited-tech-2022/policies-due
us-tx-agency      deepseek   2025-01-31-06:00  observe  block    us-tx-ai-deepseek-2025/in-force
us-tx-agency      update     2025-01-31-06:00  observe  flag     us-tx-prohibited-list-2025/listed
us-tx-agency      router     2026-01-26-06:00  observe  flag     us-tx-tp-link-2026/listed
us-va-agency      deepseek   2025-02-11-05:00  observe  block    us-va-eo-46-deepseek-2025/in-force
us-importer       drone      2025-12-22-05:00  observe  observe  us-fcc-list-drones-2025/listed
ca-federal-mobile update     2023-10-30-04:00  observe  block    ca-tbs-kaspersky-2023/in-force
ca-federal-mobile site       2023-10-30-04:00  observe  observe  ca-tbs-kaspersky-2023/in-force
ca-federal-mobile wechat     2023-10-30-04:00  observe  block    ca-tbs-wechat-2023/in-force
au-ncce           deepseek   2025-02-04+11:00  observe  block    au-pspf-001-deepseek-2025/in-force
au-ncce           update     2025-04-01+11:00  flag     block    au-pspf-002-kaspersky-2025/due
au-ncce           intel      2025-04-01+11:00  observe  flag     au-pspf-002-kaspersky-2025/due
au-sa-government  deepseek   2025-02-05+10:30  observe  block    au-sa-ruling-4-deepseek-2025/in-force
ro-public         update     2022-12-14+02:00  observe  flag     ro-law-354-kaspersky-2022/published
ro-public         update     2023-04-01+03:00  flag     block    ro-law-354-kaspersky-2022/removed
nl-government     update     2018-05-14+02:00  observe  block    nl-letter-kaspersky-2018/decided
nl-government     account    2018-05-14+02:00  observe  observe  nl-letter-kaspersky-2018/decided
ua-isp            site       2017-05-17+03:00  observe  block    ua-decree-133-kaspersky-2017/first-term
ua-isp            site       2020-05-14+03:00  block    block    ua-decree-133-kaspersky-2017/second-term
ua-isp            site       2023-05-15+03:00  block    flag     ua-decree-133-kaspersky-2017/unknown
gb-secret         update     2017-12-01+00:00  observe  flag     gb-ncsc-secret-kaspersky-2017/advised
cz-state          deepseek   2025-07-09+02:00  observe  block    cz-nukib-deepseek-2025/in-force
tw-public         deepseek   2025-01-31+08:00  observe  flag     tw-moda-deepseek-2025/in-force
"""
PROTECTIVE = """
person            store      2024-07-20-04:00  observe  block    us-commerce-kaspersky-2024/new-agreements
contractor        update     2018-10-01-04:00  flag     block    us-far-52-204-23-kaspersky-2018/use-barred
contractor        tiktok     2023-06-02-04:00  observe  block    us-far-52-204-27-tiktok-2023/clause
gb-secret         update     2017-12-01+00:00  observe  block    gb-ncsc-secret-kaspersky-2017/advised
lt-critical       update     2017-12-20+02:00  observe  block    lt-decision-kaspersky-2017/decided
us-tx-agency      update     2025-01-31-06:00  observe  flag     us-tx-prohibited-list-2025/listed
us-importer       drone      2025-12-22-05:00  observe  observe  us-fcc-list-drones-2025/listed
"""


class Row(NamedTuple):
    who: str
    what: str
    day: str
    before: str
    after: str
    why: str

    @property
    def at(self) -> float:
        return instant(f"{self.day[:10]}T00:00:00{self.day[10:]}")

    def check(self, profile: str) -> None:
        policy, host = site(*SITES.get(self.who, (self.who,)), profile=profile), HOSTS[self.what]
        assert ask(policy, host, self.at - 1).verdict.word == self.before
        decision = ask(policy, host, self.at)
        assert decision.verdict.word == self.after
        assert f"{decision.ban}/{decision.phase}" == self.why


def rows(table: str) -> list[Row]:
    return [Row(*line.split()) for line in table.splitlines() if line and not line.startswith("#")]


def name(row: Row) -> str:
    return f"{row.who} {row.day[:10]} {row.what}"


@pytest.mark.parametrize("row", rows(STATUTORY), ids=name)
def test_the_verdict_changes_on_its_second(row: Row) -> None:
    row.check("statutory")


@pytest.mark.parametrize("row", rows(PROTECTIVE), ids=name)
def test_the_protective_profile_goes_further(row: Row) -> None:
    row.check("protective")


@pytest.mark.parametrize("what", ["update", "ksn", "store", "download", "activation"])
def test_a_private_site_is_told_when_it_will_be_blocked(what: str) -> None:
    decision = ask(site(), HOSTS[what], instant("2024-07-19T23:59:59-04:00"))
    assert decision.would_block_from == instant("2024-09-29T00:00:00-04:00")


@pytest.mark.parametrize("what", ["tiktok", "deepseek", "wechat", "camera", "drone", "router"])
def test_a_private_site_has_nothing_to_do_with_the_others(what: str) -> None:
    decision = ask(site(), HOSTS[what], instant("2026-06-30T00:00:00-04:00"))
    assert decision.verdict is Verdict.ALLOW
    assert decision.ban is None


def test_contract_networks_are_blocked_where_the_firm_is_flagged() -> None:
    """A group with the protective profile, as the clause's file advises."""
    contractor, at = SITES["contractor"], instant("2024-01-01T00:00:00-05:00")
    flagged = ask(site(*contractor), HOSTS["tiktok"], at)
    blocked = ask(site(*contractor, profile="protective"), HOSTS["tiktok"], at)
    assert (flagged.verdict, blocked.verdict) == (Verdict.FLAG, Verdict.BLOCK)
    assert "our choice" in blocked.reason
