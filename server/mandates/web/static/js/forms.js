// Helps with long forms: says before sending that something is too large, and goes to a line.
for (const form of document.querySelectorAll("form[data-limit]")) {
  const limit = Number(form.dataset.limit);
  const notice = form.querySelector("[data-too-large]");
  form.addEventListener("submit", (event) => {
    const file = form.querySelector("input[type=file]")?.files[0];
    const size = file ? file.size : new Blob([form.querySelector("textarea").value]).size;
    notice.hidden = size <= limit;
    if (size <= limit) {
      form.querySelector("button").textContent = "Working …";
      return;
    }
    event.preventDefault();
    notice.textContent = `It has ${Math.ceil(size / 1024).toLocaleString()} KiB; at most ${Math.floor(limit / 1024).toLocaleString()} are taken here. Nothing was sent.`;
  });
}
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-limit] button")) {
    if (button.textContent === "Working …") button.textContent = button.closest("form").action.endsWith("/validate") ? "Validate" : "Make the report";
  }
});
for (const link of document.querySelectorAll("[data-line]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const area = document.getElementById("data");
    const lines = area.value.split("\n");
    const line = Number(link.dataset.line) - 1;
    const start = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line]?.length ?? 0));
    area.scrollTop = (line / lines.length) * area.scrollHeight - area.clientHeight / 2;
  });
}
