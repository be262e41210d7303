// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string_view>

namespace anamorph {

/// The style sheet of the reports: light, dark and printed; pictures keep their light ground in all of them.
inline constexpr std::string_view style_sheet = R"css(
:root { --paper:#fff; --page:#f5f7f9; --ink:#18212b; --soft:#52606f; --line:#d9dfe6; --grid:#e6eaef; --shade:#eef2f6;
  --good:#1b7f4b; --goodground:#e4f4eb; --bad:#b3261e; --badground:#fbe9e7; --warnground:#fff5dc; --warn:#8a5a00; --accent:#1c6b76;
  --s0:#18212b; --s1:#2f6fb3; --s2:#d9661a; --s3:#8a4fa3; --s4:#1c7d6b; --s5:#8a7a12; }
@media (prefers-color-scheme: dark) {
  :root { --paper:#1a2029; --page:#11161c; --ink:#e7ecf1; --soft:#9fadbb; --line:#323c48; --grid:#2a333e; --shade:#212934;
    --good:#62cf95; --goodground:#173326; --bad:#ff8b80; --badground:#402020; --warnground:#3a3118; --warn:#e6b85c; --accent:#63b8c4;
    --s0:#e7ecf1; --s1:#74aee6; --s2:#f19452; --s3:#c494da; --s4:#63c2ad; --s5:#d8c75a; } }
* { box-sizing:border-box; }
html { -webkit-text-size-adjust:100%; }
body { margin:0; background:var(--page); color:var(--ink); line-height:1.45;
  font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif; }
main { max-width:1320px; margin:0 auto; padding:28px 24px 40px; }
header p { margin:2px 0 0; color:var(--soft); }
h1 { font-size:28px; line-height:1.2; margin:0; letter-spacing:-.01em; overflow-wrap:anywhere; }
h2 { font-size:19px; margin:36px 0 12px; letter-spacing:-.005em; }
h3 { font-size:15px; margin:0; font-weight:650; }
a { color:var(--accent); }
code, pre { font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace; }
.cards { display:grid; grid-template-columns:repeat(auto-fill,minmax(140px,1fr)); gap:12px; margin:20px 0 0; }
.card, figure, .panel { background:var(--paper); border:1px solid var(--line); border-radius:10px; }
.card { padding:12px 14px; }
.card span { display:block; color:var(--soft); font-size:13px; }
.card b { font-size:23px; font-weight:650; letter-spacing:-.01em; font-variant-numeric:tabular-nums; white-space:nowrap; }
.card small { font-size:13px; font-weight:400; color:var(--soft); }
.verdict { grid-column:span 2; }
.pass { background:var(--goodground); border-color:var(--good); } .pass b, .ok { color:var(--good); }
.fail { background:var(--badground); border-color:var(--bad); } .fail b, .no { color:var(--bad); }
.ok, .no { font-weight:650; }
.warnings { background:var(--warnground); border-radius:10px; margin:16px 0 0; padding:10px 14px 10px 32px; }
.columns { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr)); gap:16px; }
figure { margin:0; padding:14px 16px 12px; break-inside:avoid; display:flex; flex-direction:column; }
figure svg { display:block; width:100%; height:auto; }
figure > svg { margin-top:8px; }
.head { display:flex; justify-content:space-between; align-items:baseline; gap:12px; }
.head a { font-size:13px; text-decoration:none; white-space:nowrap; }
.head a.close { display:none; }
figure:target { position:fixed; inset:0; z-index:9; border-radius:0; overflow:auto; }
figure:target > svg { flex:1; min-height:0; max-height:calc(100vh - 110px); }
figure:target .head a.close { display:inline; } figure:target .head a.open { display:none; }
figcaption { color:var(--soft); font-size:13px; margin-top:6px; }
figcaption i { display:inline-block; width:18px; height:11px; border-radius:2px; margin:0 5px 0 0; vertical-align:-1px;
  border:1px solid rgba(0,0,0,.35); }
figcaption i.d { background-color:#1d2b53; } figcaption i.l { background-color:#f1f4f7; }
figcaption svg { max-width:430px; margin:2px 0 4px -8px; }
figcaption span { margin-right:16px; white-space:nowrap; }
.whole { margin:16px 0 0; } .whole > .panel { width:100%; } .whole figure > svg { max-width:920px; }
.broad { grid-template-columns:repeat(auto-fill,minmax(225px,1fr)); } .note { color:var(--soft); margin:0 0 10px; max-width:76ch; }
.said { margin:8px 0 4px; padding-left:20px; max-width:100ch; } .said li { margin:5px 0; }
.summary, .next { margin-top:16px; } .summary .panel { align-self:stretch; }
.plots { display:grid; grid-template-columns:repeat(auto-fill,minmax(min(100%,370px),1fr)); gap:14px; margin-top:16px; }
.mini svg { display:block; width:100%; height:auto; margin-top:6px; } .mini h3 { font-size:14px; font-weight:550; }
.chip { display:inline-block; padding:1px 8px; border-radius:9px; font-size:12.5px; white-space:nowrap; }
.chip.yes { background:var(--goodground); color:var(--good); } .chip.not { background:var(--badground); color:var(--bad); }
.chip.half { background:var(--warnground); color:var(--warn); }
.map td .chip { margin:1px 5px 1px 0; min-width:44px; text-align:center; } .map .note { margin:10px 0 0; }
.fold > summary { cursor:pointer; color:var(--soft); } .fold > summary h2 { display:inline-block; margin-right:12px; color:var(--ink); }
td.first, th.first { border-left:1px solid var(--line); padding-left:10px; } tr.group td { border-top:1.5px solid var(--soft); }
.stack { display:grid; gap:16px; align-content:start; }
.panel { align-self:start; padding:14px 16px; break-inside:avoid; overflow-x:auto; }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums; margin-top:8px; }
th { text-align:left; color:var(--soft); font-weight:550; font-size:13px; border-bottom:1px solid var(--line); }
th, td { padding:6px 10px 6px 0; vertical-align:baseline; } tr + tr td { border-top:1px solid var(--grid); }
th:last-child, td:last-child { padding-right:0; }
.n { text-align:right; white-space:nowrap; } td code { color:var(--soft); font-size:12px; white-space:nowrap; }
td.wide { overflow-wrap:anywhere; }
details summary { cursor:pointer; font-weight:650; } details pre { overflow-x:auto; margin:10px 0 0; }
footer { color:var(--soft); font-size:13px; margin-top:32px; }
svg text { font-family:inherit; fill:var(--ink); }
svg .tick { font-size:13px; fill:var(--soft); } svg .name { font-size:14px; } svg .mid { text-anchor:middle; }
svg .end { text-anchor:end; } svg .direct { font-size:14px; font-weight:600; }
svg .axis { stroke:var(--soft); stroke-width:1; } svg .grid { stroke:var(--grid); stroke-width:1; }
svg .frame { fill:none; stroke:var(--soft); stroke-width:1; } svg .shade { fill:var(--shade); }
svg .stage { stroke:var(--soft); stroke-width:1; stroke-dasharray:3 4; }
svg .limit { stroke:var(--bad); stroke-width:1.5; stroke-dasharray:6 4; }
svg .curve { fill:none; stroke-width:2; stroke-linejoin:round; } svg .curve.s0 { stroke-width:3; }
svg .dashed { stroke-dasharray:7 4; } svg .wanted { fill:var(--bad); } svg .good { fill:var(--good); }
svg .warn { fill:var(--warn); } svg .fill { stroke:none; } svg .onbar { fill:var(--paper); } svg .dashes { stroke-dasharray:5 3; }
svg .rim { fill:none; stroke:#fff; stroke-width:1.4; stroke-dasharray:4 3; } svg .rim.back { stroke:#141b24; stroke-dasharray:none; }
svg .pointmark { fill:none; stroke-width:1.6; } svg .hollow { fill:var(--paper); }
svg .s0 { stroke:var(--s0); } svg .s1 { stroke:var(--s1); } svg .s2 { stroke:var(--s2); } svg .s3 { stroke:var(--s3); }
svg .s4 { stroke:var(--s4); } svg .s5 { stroke:var(--s5); } svg .t0 { fill:var(--s0); } svg .t1 { fill:var(--s1); } svg .t2 { fill:var(--s2); }
svg .t3 { fill:var(--s3); } svg .t4 { fill:var(--s4); } svg .t5 { fill:var(--s5); }
svg .area { fill-opacity:.2; stroke-width:2; stroke-linejoin:round; }
svg .paper { fill:#f1f4f7; } svg .plate { fill:#fff; fill-opacity:.86; } svg .scalebar { fill:#1b242f; }
svg .onplate { fill:#1b242f; font-size:15px; font-weight:600; } svg .onplate.mini { font-size:13px; }
svg .mark { stroke:#fff; stroke-width:2; } svg .marker { fill:var(--ink); }
svg .pol { fill:none; stroke:#fff; stroke-width:2; } svg .polback { fill:none; stroke:#141b24; stroke-width:4; }
svg .dot { stroke:#141b24; stroke-width:.8; fill:#fff; } svg .kept { fill:var(--s1); } svg .dropped { fill:var(--soft); }
svg path.target { fill:none; stroke:#141b24; stroke-width:1.4; } svg path.targeton { fill:none; stroke:#e26d1f; stroke-width:1.4; }
svg path.printed { fill:none; stroke:#fff; stroke-width:1.5; }
svg path.printfill { fill:#d3deea; stroke:#7b93ad; stroke-width:1; fill-rule:evenodd; }
svg .epe path.shaft { fill:none; stroke-width:1.8; } svg .epe path.head { stroke:none; }
svg .epe circle { fill:none; stroke-width:1.6; } svg .big { stroke:#d05a10; fill:#d05a10; } svg .small { stroke:#2563ab; fill:#2563ab; }
svg .bad { stroke:#b3142c; fill:#b3142c; } svg .barbig { fill:#e0762f; } svg .barsmall { fill:#3f7cbf; } svg .barbad { fill:#b3142c; }
.suite td img { display:block; width:64px; height:64px; border-radius:4px; border:1px solid var(--line); }
.suite th { white-space:normal; vertical-align:bottom; font-size:12.5px; line-height:1.25; }
.suite tbody td { vertical-align:middle; } .suite tfoot td { font-weight:650; border-top:2px solid var(--soft); }
.suite th button { all:unset; cursor:pointer; } .suite th button:focus-visible { outline:2px solid var(--accent); }
.suite th[aria-sort=ascending] button::after { content:" ▲"; } .suite th[aria-sort=descending] button::after { content:" ▼"; }
.suite .meter { display:block; height:4px; border-radius:2px; background:var(--accent); margin:3px 0 0 auto; }
@media print {
  body { background:#fff; font-size:12px; } main { max-width:none; padding:0; } .head a { display:none; }
  .columns { grid-template-columns:1fr 1fr; } .plots { grid-template-columns:1fr 1fr 1fr; } h2 { break-after:avoid; }
  * { -webkit-print-color-adjust:exact; print-color-adjust:exact; } }
)css";

}  // namespace anamorph
