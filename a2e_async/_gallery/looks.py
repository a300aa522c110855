"""The style and the script of a gallery. Both are in the page itself, which loads nothing from elsewhere."""

from __future__ import annotations

__all__ = ["SCRIPT", "STYLE"]

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1b1f24; --dim: #5b6570; --line: #dfe3e8;
  --good: #1a7f4b; --bad: #b42318; --bad-page: #fdf0ee; --accent: #2f5fd0; --chip: #eef1f5; --note: #fff6dd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1d2126; --ink: #e7eaee; --dim: #9aa4b0; --line: #31373f;
    --good: #5fd39a; --bad: #ff8f83; --bad-page: #33201e; --accent: #8fb2ff; --chip: #2a3038; --note: #3a3218;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main, header { max-width: 1180px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 20px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
.sum { color: var(--dim); margin: 0 0 12px; }
.sum b { color: var(--ink); font-weight: 600; }
.note { background: var(--note); border-radius: 8px; padding: 8px 12px; margin: 0 0 12px; }
.tools {
  position: sticky; top: 0; z-index: 2; background: var(--page); border-bottom: 1px solid var(--line);
  padding: 10px 16px; margin-bottom: 16px;
}
.tools form {
  max-width: 1148px; margin: 0 auto; display: flex; flex-wrap: wrap; gap: 8px; align-items: center;
}
input[type=search], select {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 7px 10px; min-height: 40px; min-width: 0; max-width: 100%;
}
input[type=search] { flex: 1 1 220px; }
select { flex: 0 1 auto; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.states { display: flex; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.states label { cursor: pointer; }
.states input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.states span { display: block; padding: 7px 12px; min-height: 38px; background: var(--card); }
.states input:checked + span { background: var(--accent); color: var(--card); }
.states input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: -4px; }
.count { color: var(--dim); margin-left: auto; white-space: nowrap; }
article {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 14px; margin: 0 0 14px;
  display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 8px 20px; align-items: start;
  content-visibility: auto; contain-intrinsic-size: auto 330px;
}
article.bad { border-left: 4px solid var(--bad); }
article.bare { grid-template-columns: minmax(0, 1fr); contain-intrinsic-size: auto 150px; }
article.given { grid-template-columns: minmax(0, 1fr) minmax(0, 3fr); }
.given .in { flex: 1 1 0; }
.media { display: flex; gap: 12px; align-items: flex-start; }
.in { flex: 0 0 26%; display: grid; gap: 8px; }
.out {
  flex: 1 1 0; min-width: 0; display: grid; gap: 10px;
  grid-template-columns: repeat(auto-fill, minmax(min(150px, 100%), 1fr));
}
.out.one { grid-template-columns: minmax(0, 1fr); }
figure { margin: 0; min-width: 0; }
figure img, figure video {
  display: block; max-width: 100%; max-height: 340px; border-radius: 8px; background: var(--chip);
}
figure img { min-height: 40px; }
figure video { width: 100%; }
.in img, .in video { max-height: 180px; }
audio { display: block; width: 100%; }
figcaption { color: var(--dim); font-size: 12px; overflow-wrap: anywhere; margin-top: 3px; }
.gone img, .gone video, .gone audio { display: none; }
.gone figcaption::before { content: "cannot be shown: "; color: var(--bad); }
h2 { font-size: 16px; line-height: 1.3; margin: 0 0 6px; overflow-wrap: anywhere; }
.kind { color: var(--dim); font-weight: 400; }
.state { font-weight: 400; color: var(--good); }
.bad .state { color: var(--bad); }
.why {
  background: var(--bad-page); color: var(--bad); border-radius: 8px; padding: 6px 10px; margin: 0 0 8px;
  overflow-wrap: anywhere;
}
.prompt { margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 15em; overflow: auto; }
.set { list-style: none; margin: 0 0 8px; padding: 0; display: flex; flex-wrap: wrap; gap: 5px; }
.set li {
  background: var(--chip); border-radius: 6px; padding: 1px 8px; font-size: 13px; overflow-wrap: anywhere;
}
.set b { font-weight: 400; color: var(--dim); }
.facts { color: var(--dim); font-size: 13px; margin: 0; overflow-wrap: anywhere; }
a { color: var(--accent); }
footer { color: var(--dim); font-size: 13px; text-align: center; padding: 12px 16px 40px; }
.none { text-align: center; color: var(--dim); padding: 40px 0; }
@media (max-width: 760px) {
  body { font-size: 16px; }
  article, article.given { grid-template-columns: minmax(0, 1fr); padding: 12px; }
  article { contain-intrinsic-size: auto 560px; }
  .given .in { flex: 0 1 50%; }
  .tools { padding: 8px 12px; position: static; }
  input[type=search] { flex-basis: 100%; }
  .states { flex: 1 1 100%; }
  .states label { flex: 1 1 0; text-align: center; }
  .tools select { flex: 1 1 0; }
  .count { font-size: 14px; }
  figure img, figure video { max-height: 70vh; }
  .in { flex-basis: 30%; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --dim: #444; --line: #bbb; --good: #060; --bad: #900;
    --bad-page: #fff; --chip: #fff; --note: #fff;
  }
  body { font-size: 10pt; }
  .tools, audio, video { display: none !important; }
  article {
    break-inside: avoid; content-visibility: visible; border-radius: 0; padding: 8px; margin-bottom: 8px;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }
  figure img { max-height: 6cm; }
  .prompt { max-height: none; overflow: visible; }
  a { color: inherit; text-decoration: none; }
}
"""

SCRIPT = """
"use strict";
(() => {
  const main = document.querySelector("main");
  const rows = [...main.querySelectorAll("article")];
  const tools = document.querySelector(".tools");
  const form = tools.querySelector("form");
  const count = tools.querySelector(".count");
  const none = document.querySelector(".none");
  const texts = new Map();
  tools.hidden = !rows.length;

  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.querySelector(".words").textContent.toLowerCase());
    return texts.get(row);
  };
  const show = () => {
    const words = form.q.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const state = form.state.value, kind = form.kind ? form.kind.value : "";
    let shown = 0;
    for (const row of rows) {
      const fits = (!state || row.classList.contains(state)) && (!kind || row.dataset.kind === kind)
        && words.every((word) => text(row).includes(word));
      if (row.hidden === fits) row.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown === rows.length ? `${shown}` : `${shown} of ${rows.length}`;
    none.hidden = shown > 0;
  };
  const sort = () => {
    const [name, way] = form.sort.value.split(" ");
    const value = (row) => Number(row.dataset[name] || -1);
    const place = (row) => Number(row.dataset.index);
    const sorted = [...rows].sort((a, b) => (value(a) - value(b)) * Number(way) || place(a) - place(b));
    const all = document.createDocumentFragment();
    for (const row of sorted) all.append(row);
    main.prepend(all);
  };

  let soon = 0;
  form.addEventListener("input", (event) => {
    if (event.target.name === "sort") return sort();
    cancelAnimationFrame(soon);
    soon = requestAnimationFrame(show);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
    event.preventDefault();
    form.q.focus();
  });

  // A file that is not there any more is said to be so. The event does not bubble: it is caught on its way.
  document.addEventListener("error", (event) => {
    const figure = event.target.closest && event.target.closest("figure");
    if (figure) figure.classList.add("gone");
  }, true);
  for (const image of document.images) {
    if (image.complete && !image.naturalWidth) image.closest("figure").classList.add("gone");
  }

  // What was never near has not been loaded, and paper shows it all.
  window.addEventListener("beforeprint", () => {
    for (const image of document.images) image.loading = "eager";
  });

  // Of a video only the first picture is loaded, and only when it comes near.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      entry.target.preload = "metadata";
    }
  }, { rootMargin: "600px" });
  for (const video of document.querySelectorAll("video")) near.observe(video);
  show();
})();
"""
