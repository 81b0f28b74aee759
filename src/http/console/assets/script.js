// Makes pages better that work without it: times in the viewer's zone, and buttons that copy.
"use strict";

for (const time of document.querySelectorAll("time[data-moment]")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  time.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  time.title = `${moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" })} · ${time.dateTime}`;
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not copied";
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}
