"""How a report's page looks: readable on a phone, on a screen and on paper, in a light room and a dark one."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--ink:#1c1c1c;--dim:#4d4d4d;--line:#c9c9c9;--back:#ffffff;--band:#f3f5f7}
@media screen and (prefers-color-scheme:dark){:root{--ink:#ececec;--dim:#b8b8b8;--line:#4a4a4a;--back:#17191c;
--band:#22262b}svg{background:#fff;border-radius:6px}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);margin:0 auto;
max-width:1100px;padding:1rem}
h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0}
h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:1rem}
header p,figcaption,small{color:var(--dim)}
.warning{border:2px solid #a1221c;padding:.5rem .8rem;font-weight:600;color:inherit}
.figures{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}
.figures div{background:var(--band);padding:.6rem 1rem;border-radius:6px;display:flex;
flex-direction:column-reverse;min-width:6.5rem}
.figures dd{margin:0;font-size:1.5rem;font-weight:600}
.figures dt{color:var(--dim)}
figure{margin:1rem 0}
.wide{overflow-x:auto}
svg{width:100%;height:auto;min-width:600px}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:break-word}
th{background:var(--band)}
table.many{min-width:46rem}
td span{white-space:nowrap}
.legend{list-style:none;display:flex;gap:1rem;padding:0;flex-wrap:wrap}
.legend li{padding:.1rem .7rem;border-radius:4px}
.v{padding:.1rem .5rem;border-radius:4px}
.v-block{background:#a1221c;color:#fff}
.v-flag{background:#f0b23c;color:#222}
.v-observe{background:#cfe3f3;color:#222}
.v-allow{background:#f4f4f4;color:#222}
@page{size:A4;margin:14mm 12mm}
@media print{:root{color-scheme:light}body{font-size:9.5pt;max-width:none;padding:0}
table{font-size:8.5pt}table.many{min-width:0}
.figures{gap:.4rem}.figures div{padding:.4rem .7rem;min-width:4rem}th,td{padding:.15rem .35rem}
section{break-inside:auto}h2,h3{break-after:avoid}
tr,figure{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}svg{min-width:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
