// Refreshes the page in place: fetches itself, and changes what has changed. What is found, shown
// and sorted by stands in the address.
"use strict";

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 10000;
const TYPING_MS = 200;
// What scripts write, and the page from the server does not.
const OURS = ["status", "told", "plot"];
let answered = Date.now();

// Nodes that are the same stay, and with them focus, selection and scroll position.
function morph(old, fresh) {
  if (OURS.includes(old.id) || old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || old.nodeType !== Node.ELEMENT_NODE || old.id !== fresh.id) {
    old.replaceWith(document.importNode(fresh, true));
    return;
  }
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  before.slice(after.length).forEach((node) => node.remove());
  after.forEach((node, n) =>
    n < before.length ? morph(before[n], node) : old.append(document.importNode(node, true)));
}

function write(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}

// Screen readers are told what is wrong once, not again as it gets older.
function tell() {
  write("told", document.getElementById("tell").textContent);
}

async function refresh() {
  const asked = location.search;
  try {
    const answer = await fetch(asked || "./", {
      headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (asked !== location.search) return;
    morph(document.body, fresh.body);
    document.title = fresh.title;
    answered = Date.now();
    document.documentElement.classList.remove("old");
    write("status", "");
    tell();
    document.dispatchEvent(new Event("refreshed"));
  } catch (error) {
    console.warn(`The page was not refreshed: ${error}`);
    const seconds = Math.round((Date.now() - answered) / 1000);
    const at = new Date(answered).toISOString().slice(11, 19);
    document.documentElement.classList.add("old");
    write("status", `No answer since ${at} UTC (${seconds} s): all below is of then.`);
  }
}

// Changes fields of the address, "" removes one; `push` makes a step to go back to.
function go(fields, push) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(fields))
    value ? query.set(name, value) : query.delete(name);
  const address = query.size ? `?${query}` : location.pathname;
  history[push ? "pushState" : "replaceState"](null, "", address);
  refresh();
}

function fill() {
  const query = new URLSearchParams(location.search);
  for (const name of ["find", "show"]) {
    const field = document.querySelector(`#search [name=${name}]`);
    if (field) field.value = query.get(name) ?? "";
  }
}

let typing = 0;
document.addEventListener("input", ({ target }) => {
  if (!target.closest("#search")) return;
  clearTimeout(typing);
  typing = setTimeout(() => go({ [target.name]: target.value }, false), TYPING_MS);
});
document.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='?'], a[href='./']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href"));
  fill();
  refresh();
});
addEventListener("popstate", () => { fill(); refresh(); });

async function run() {
  tell();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    if (!document.hidden) await refresh();
  }
}

run();
