"use strict";
// Searches the requirements of the overview, whose rows are the data. It has no words of its own: those stand in the page.
const bar = document.getElementById("search");
const [text, verdict, vendor] = bar.querySelectorAll("input, select");
const fields = [text, verdict, vendor];
const rows = [...document.querySelectorAll("tr[data-verdicts]")];
const texts = rows.map((row) => row.querySelector("th").textContent.toLowerCase());

function matches(row, place, words) {
  const verdicts = row.dataset.verdicts.split(" ");
  const looked = vendor.value ? [verdicts[vendor.value]] : verdicts;
  return words.every((word) => texts[place].includes(word)) && (!verdict.value || looked.includes(verdict.value));
}

function search() {
  const query = new URLSearchParams(fields.filter((field) => field.value).map((field) => [field.name, field.value]));
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  rows.forEach((row, place) => (row.hidden = !matches(row, place, words)));
  for (const group of document.querySelectorAll("details.group")) {
    const own = [...group.querySelectorAll("tr[data-verdicts]")];
    group.hidden = own.every((row) => row.hidden);
    group.open = `${query}` !== "" && !group.hidden;
  }
  bar.querySelector(".shown").textContent = rows.filter((row) => !row.hidden).length;
  history.replaceState(null, "", (`${query}` ? `?${query}` : location.pathname) + location.hash);
}

const given = new URLSearchParams(location.search);
for (const field of fields) {
  field.value = given.get(field.name) || "";
  field.addEventListener("input", search);
}
bar.hidden = false;
search();

// --- what a link leads to is unfolded

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
}
addEventListener("hashchange", reveal);
reveal();
