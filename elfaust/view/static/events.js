// New events as they come. One stream a tab, closed while the tab is hidden: a browser has few
// connections to a server, and eight tabs must work.
"use strict";

const rows = document.getElementById("rows");
const pause = document.getElementById("pause");
const most = Number(rows.dataset.most);
let after = rows.dataset.after;
let stream = null;
let isOver = false;

function say(text) {
  const state = document.getElementById("state");
  if (state.textContent !== text) state.textContent = text;
}

function isPaused() {
  return new URLSearchParams(location.search).has("paused");
}

// What the server has made of events is escaped there, and the page runs no script but its files.
function show(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  rows.prepend(made.content);
  while (rows.rows.length > most) rows.rows[rows.rows.length - 1].remove();
  document.getElementById("empty").hidden = rows.rows.length > 0;
}

function close() {
  if (stream) stream.close();
  stream = null;
}

function open() {
  close();
  if (!rows.dataset.stream) return;
  if (isPaused()) { say("Paused"); return; }
  if (document.hidden || isOver) return;
  stream = new EventSource(`${rows.dataset.stream}&after=${after}`);
  stream.addEventListener("rows", ({ data, lastEventId }) => { after = lastEventId; show(JSON.parse(data)); });
  stream.addEventListener("state", ({ data }) => say(JSON.parse(data) || "Live"));
  stream.addEventListener("over", () => {
    isOver = true;
    close();
    say("Ended after ten minutes: reload the page to go on.");
  });
  stream.onerror = () => say("No answer: asking again.");
}

pause.addEventListener("click", () => {
  const query = new URLSearchParams(location.search);
  isPaused() ? query.delete("paused") : query.set("paused", "1");
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  pause.setAttribute("aria-pressed", isPaused());
  open();
});
document.addEventListener("visibilitychange", open);
addEventListener("pagehide", close);
open();
