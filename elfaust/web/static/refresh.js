// Refreshes the page in place: fetches itself, and changes what has changed.
"use strict";

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 10000;

// Nodes that are the same stay, and with them focus, selection and scroll position.
function morph(old, fresh) {
  if (old.isEqualNode(fresh) || old.id === "status") return;
  if (old.nodeName !== fresh.nodeName || old.nodeType !== Node.ELEMENT_NODE) {
    old.replaceWith(document.importNode(fresh, true));
    return;
  }
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  before.slice(after.length).forEach((node) => node.remove());
  after.forEach((node, n) =>
    n < before.length ? morph(before[n], node) : old.append(document.importNode(node, true)));
}

function say(text) {
  const status = document.getElementById("status");
  if (status.textContent !== text) status.textContent = text;
}

async function refresh() {
  try {
    const answer = await fetch("./", {
      headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    morph(document.body, fresh.body);
    say("");
  } catch (error) {
    console.warn(`The page was not refreshed: ${error}`);
    say("No answer, trying again.");
  }
}

async function run() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    if (!document.hidden) await refresh();
  }
}

run();
