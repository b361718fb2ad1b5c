"""How the HTML report looks: light and dark, and readable without colours."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2230; --paper: #fff; --faint: #667085; --line: #d9dee7; --box: #f5f7fa;
  --good: #11734b; --bad: #b3261e; --warn: #8a5a00; --note: #1f5fae; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14171d; --faint: #9aa4b5; --line: #323946;
  --box: #1d222b; --good: #58c795; --bad: #ff8a80; --warn: #e9b44c; --note: #7fb4ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0 0 .25rem; font-size: clamp(1.25rem, 5vw, 1.75rem); line-height: 1.25; overflow-wrap: anywhere; }
h1 span { display: inline-block; }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.2rem; }
h3 { margin: 0; font-size: 1.05rem; font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
p { margin: .25rem 0; }
a { color: var(--note); }
code, pre { font: .85rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { margin: .5rem 0; padding: .6rem .8rem; background: var(--box); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow: auto; }
pre.curl { border-style: dashed; }
pre.curl::before { content: "$ "; color: var(--faint); user-select: none; }
.tool, .legend { color: var(--faint); font-size: .875rem; }
.good { color: var(--good); } .bad, .broke-off { color: var(--bad); } .left-behind { color: var(--warn); }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.tiles li { padding: .35rem .8rem; border: 1px solid var(--line); border-left: 5px solid var(--mark, var(--line));
  border-radius: 6px; background: var(--box); }
.tiles a { color: inherit; text-decoration: none; } .tiles b { font-size: 1.2rem; }
.passed { --mark: var(--good); } .failed, .stale, .broken { --mark: var(--bad); } .warned { --mark: var(--warn); }
.noted, .accepted, .not-judged { --mark: var(--note); } .does-not-apply { --mark: var(--faint); }
.scroll { overflow-x: auto; }
.spellings th { white-space: nowrap; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .7rem; border: 1px solid var(--line); text-align: left; }
thead th { background: var(--box); }
td.passed, td.failed, td.does-not-apply, td.noted { color: var(--mark); white-space: nowrap; }
.matrix td { text-align: center; }
article { margin: 0 0 1rem; padding: .8rem 1rem; border: 1px solid var(--line); border-left: 5px solid var(--mark);
  border-radius: 6px; }
article h3 { color: var(--mark); }
dl { display: grid; grid-template-columns: 5.5rem 1fr; gap: .15rem .75rem; margin: .6rem 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; } dd.got { color: var(--bad); }
.advice dd::first-letter { text-transform: uppercase; }
summary { cursor: pointer; }
.rules { margin: .4rem 0 1rem; padding: 0; list-style: none; }
.rules li { padding: .1rem 0 .1rem 1.5rem; text-indent: -1.5rem; }
.mark { display: inline-block; width: 1.5rem; text-indent: 0; color: var(--mark); font-weight: bold; }
@media (max-width: 30rem) { main { padding: 1.25rem .9rem 3rem; } th, td { padding: .25rem .45rem; }
  dl { grid-template-columns: 5rem 1fr; } article { padding: .7rem .8rem; } }
@media print { pre { max-height: none; } }
"""
