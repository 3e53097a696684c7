"use strict";
// Filters findings, copies commands and shows exchanges. It has no words of its own: those stand in the page.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const script = document.currentScript;

// --- the filter, whose state is the query of the address

const bar = document.getElementById("filter");
const fields = bar ? all("input, select", bar) : [];
const items = all("[data-id]");
const texts = {};

const fact = (item, name) => name === "area" ? item.dataset.id.split(".")[0] : item.dataset[name];

function matches(item, words) {
  const facts = item.dataset;
  return words.every((word) => texts[facts.id].includes(word)) && fields.every((field) =>
    field.name === "q" || !field.value ||
    (field.name === "model" ? facts.models.includes(` ${field.selectedIndex - 1} `) : fact(item, field.name) === field.value));
}

function filter() {
  const query = new URLSearchParams(fields.filter((field) => field.value).map((field) => [field.name, field.value]));
  const words = (query.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of items) item.hidden = !matches(item, words);
  for (const group of all(".group, section, .section")) {
    const own = all("[data-id]", group);
    if (own.length) group.hidden = own.every((item) => item.hidden);
  }
  bar.querySelector(".shown").textContent = all(".findings [data-id]:not([hidden])").length;
  bar.querySelector(".clear").hidden = !`${query}`;
  history.replaceState(null, "", (`${query}` ? `?${query}` : location.pathname) + location.hash);
}

if (bar) {
  for (const item of items) {  // of a card what it shows folded: evidence has many words
    const shown = item.querySelector("summary") || item;
    texts[item.dataset.id] = `${texts[item.dataset.id] || ""} ${shown.textContent.toLowerCase()}`;
  }
  const given = new URLSearchParams(location.search);
  for (const field of fields) {
    const values = field.name === "q" || field.name === "model" ? [] : items.map((item) => fact(item, field.name));
    for (const value of [...new Set(values)].sort()) field.add(new Option(value));
    field.value = given.get(field.name) || "";
    field.addEventListener("input", filter);
  }
  bar.querySelector(".clear").addEventListener("click", () => {
    for (const field of fields) field.value = "";
    filter();
    fields[0].focus();
  });
  bar.hidden = false;
  const wide = matchMedia("(min-width: 821px)");
  const unfold = () => (bar.open ||= wide.matches);
  wide.addEventListener("change", unfold);
  unfold();
  filter();
}

// --- what a link leads to is unfolded

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  (target.closest(".card") || target).scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

// --- the exchanges

let packed;
function exchanges() {
  packed ||= (async () => {
    const bytes = Uint8Array.from(atob(document.getElementById("packed").textContent), (each) => each.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const found = await new Response(stream).json();
    return new Map(found.map((each) => [each.key, each]));
  })();
  return packed;
}

function line(said) {
  if (typeof said === "string") return `${said}\n`;
  const [text, kind, note] = said;
  const shown = Object.assign(document.createElement("b"), { className: kind, textContent: text });
  if (note) shown.append(Object.assign(document.createElement("em"), { textContent: `← ${note}` }));
  return shown;
}

async function show(place) {
  const found = (await exchanges()).get(place.id.slice("exchange-".length));
  if (!found || place.dataset.shown) return;
  const shown = document.getElementById("exchange").content.cloneNode(true);
  for (const part of all("[data-part]", shown)) {
    const value = found[part.dataset.part];
    if (!value.length) (part.closest("p") || part).remove();
    else if (Array.isArray(value)) part.append(...value.map(line));
    else part.textContent = value;
  }
  place.replaceChildren(shown);
  place.dataset.shown = true;
  for (const button of all(".copy", place)) button.hidden = false;
}

for (const each of all(".exchange")) {
  each.addEventListener("toggle", () => show(each.lastElementChild));
}

// --- commands name the folder in which the page lies, wherever it was moved to

if (location.protocol === "file:" && location.pathname.endsWith("/report.html")) {
  const path = decodeURIComponent(location.pathname).replace(/\/report\.html$/, "").replace(/^\/(?=[A-Za-z]:)/, "") || "/";
  const quoted = /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'"'"'`)}'`;
  for (const each of all(".folder")) each.textContent = quoted;
}

async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
  area.select();
  document.execCommand("copy");
  area.remove();
}

async function copy(button) {
  const key = button.dataset.exchange;
  const packed = key && (await exchanges()).get(key);
  await write(packed ? packed.curl : button.parentElement.querySelector("pre").textContent);
  const [label, said] = [button.firstElementChild, document.getElementById("said")];
  label.dataset.word ||= label.textContent;
  label.textContent = said.textContent = script.dataset.copied;
  setTimeout(() => {
    label.textContent = label.dataset.word;
    said.textContent = "";
  }, 1500);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
});
for (const button of all(".copy")) button.hidden = false;

// --- printed are the findings that are shown, unfolded

let folded = [];
addEventListener("beforeprint", () => {
  folded = all(".card:not([open])");
  for (const each of folded) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of folded) each.open = false;
});
