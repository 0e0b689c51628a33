/* A button with data-copy puts that whole text on the clipboard and says so. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const status = document.getElementById("status");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.copied = "";
    if (status) status.textContent = status.dataset.copied;
    setTimeout(() => { delete button.dataset.copied; if (status) status.textContent = ""; }, 2000);
  } catch {
    // No clipboard without HTTPS: select the whole text beside the button instead.
    const code = button.parentElement.querySelector("code");
    if (code) getSelection().selectAllChildren(code);
  }
});
