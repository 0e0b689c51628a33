/* Says that a file is too large before it is sent, instead of after. */
document.addEventListener("change", (event) => {
  const { maxBytes, tooLarge } = event.target.dataset || {};
  if (!maxBytes) return;
  const over = [...event.target.files].some((file) => file.size > Number(maxBytes));
  event.target.setCustomValidity(over ? tooLarge : "");
  event.target.reportValidity();
});
