// A number that may not be is told under its box, in the browser's own words, as soon as it is typed.
document.addEventListener("input", ({ target }) => {
  if (!target.matches("input[type=number]")) return;
  let told = target.parentElement.querySelector(":scope > .amiss");
  if (!told) {
    told = document.createElement("span");
    told.className = "amiss";
    told.setAttribute("role", "alert");
    told.style.cssText = "display: block; font-size: 12px; line-height: 1.2; color: var(--error-text-color, #b91c1c)";
    target.after(told);
  }
  told.textContent = target.validationMessage;
  target.setAttribute("aria-invalid", !target.validity.valid);
}, true);
