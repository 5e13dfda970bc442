namespace GpuCtr.Training.Reports;

/// <summary>The style sheet of the report.</summary>
internal static class PageStyle
{
    /// <summary>CSS with a light and a dark palette; the browser's preference decides.</summary>
    public const string Css = """
        :root{--ink:#1d2330;--soft:#667085;--paper:#fff;--card:#f6f7f9;--rule:#e2e5ea;--s0:#2563eb;--s1:#e8590c;--s2:#0f9d6b;--s3:#a445c4;--s4:#b58900;--s5:#64748b}
        @media(prefers-color-scheme:dark){:root{--ink:#e7eaf0;--soft:#98a2b3;--paper:#12151c;--card:#1b202a;--rule:#2d3442;--s0:#7aa7ff;--s1:#ff9a5c;--s2:#4fd1a1;--s3:#d18be6;--s4:#e0b53c;--s5:#a3b1c6}}
        body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,sans-serif}
        main{max-width:1040px;margin:0 auto;padding:24px}
        h1{font-size:22px;margin:0 0 8px}h2{font-size:16px;margin:28px 0 10px}
        .facts{display:grid;gap:2px;margin:0 0 16px}.facts div{display:flex;gap:8px}.facts dt{color:var(--soft);min-width:110px}.facts dd{margin:0;overflow-wrap:anywhere}
        .tiles{display:flex;flex-wrap:wrap;gap:10px}.tiles div{background:var(--card);border-radius:8px;padding:10px 16px;color:var(--soft)}.tiles span{display:block;color:var(--ink);font-size:20px;font-weight:600}.tiles small{font-size:13px;font-weight:400}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:14px;align-items:start}
        .chart{background:var(--card);border-radius:8px;width:100%}
        .title{font-size:13px;font-weight:600;fill:var(--ink)}.tick{font-size:10px;fill:var(--soft)}.axis{font-size:11px;fill:var(--soft)}.empty{font-size:13px;fill:var(--soft);text-anchor:middle}
        .grid{stroke:var(--rule);fill:none}.guide{stroke:var(--soft);stroke-dasharray:4 4;fill:none}.line{fill:none;stroke-width:1.8}
        .line.faint{opacity:.3;stroke-width:1}.error{stroke-width:1.5;opacity:.55;fill:none}.s0{--s:var(--s0)}.s1{--s:var(--s1)}.s2{--s:var(--s2)}.s3{--s:var(--s3)}.s4{--s:var(--s4)}.s5{--s:var(--s5)}.line,.error{stroke:var(--s)}.bar,.dot,.key{fill:var(--s)}
        .note{color:var(--soft);max-width:70em}.wide{overflow-x:auto}
        details{margin:6px 0;border-top:1px solid var(--rule);padding-top:6px}summary{cursor:pointer;font-weight:600;margin-bottom:8px}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th{text-align:right;color:var(--soft);font-weight:500}td{text-align:right;border-top:1px solid var(--rule)}th,td{padding:3px 8px;white-space:nowrap}th:first-child,td:first-child,.named td:nth-child(2),.named th:nth-child(2){text-align:left}.named td:first-child{color:var(--soft)}
        """;
}
