() => {
  if (innerWidth < 768) document.querySelector("#sidebar.open .toggle-button")?.click();
  // A Go button turns into Stop while its work lasts, unless that is over before one could read it.
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".go button"), go = button?.closest(".go");
    if (!go) return;
    if (button.id.endsWith("-stop")) return go.classList.remove("busy", "stoppable");
    go.classList.add("busy");
    setTimeout(() => go.classList.toggle("stoppable", go.classList.contains("busy")), 350);
  }, true);
  const die = document.getElementById("die");
  if (die) die.title = die.ariaLabel = "Roll the seed";
  // In a menu that can be searched, typing takes the place of the name that stands there.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[id^=label-] input:not([readonly])")) event.target.select();
  });
}
