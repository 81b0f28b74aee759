// Makes pages better that work without it: times in the viewer's zone, buttons that copy, lists that grow in place.
"use strict";

function improve(root) {
  for (const time of root.querySelectorAll("time[data-moment]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    time.title = `${moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" })} · ${time.dateTime}`;
  }
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  const label = button.firstChild;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.data = "Copied";
  } catch {
    label.data = "Not copied";
  }
  setTimeout(() => { label.data = "Copy"; }, 1500);
}

// Adds the rows of the next page to this one's. Where that fails, the link leads to the page.
async function more(event) {
  const link = event.currentTarget;
  const rows = document.getElementById("rows");
  if (!rows || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const added = next.getElementById("rows");
    if (!answer.ok || !added) throw new Error();
    improve(added);
    const first = added.rows[0]?.querySelector("a, button");
    rows.append(...added.rows);
    const further = next.querySelector("a[data-more]");
    if (further) link.href = further.href;
    else link.remove();
    first?.focus();
  } catch {
    location.href = link.href;
  }
}

improve(document);
for (const link of document.querySelectorAll("a[data-more]")) link.addEventListener("click", more);
