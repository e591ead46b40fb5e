// Buttons with a picture each; a press triggers `select` with the button's place.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) trigger("select", { index: +button.dataset.index });
});
