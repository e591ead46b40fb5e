async (strength, steps, seed, scene, light, category, model, ...lessons) => {
  // The address of the page as it stands, in the address bar and on the clipboard.
  const link = new URL(location.pathname, location.origin);
  const tab = document.querySelector("#tabs [role=tab][aria-selected=true]").textContent.trim();
  const guesses = document.querySelector(`#${tab.toLowerCase()}-guesses input[type=number]`)?.value;
  const settings = { tab, model, seed, steps, guesses, strength, scene, light, category };
  const open = document.querySelector("#lessons [role=tab][aria-selected=true]");
  if (tab === "Steps" && open) { // lesson-NAME-button
    settings.lesson = open.id.slice("lesson-".length, -"-button".length);
    SETTINGS.forEach((name, i) => { settings[name] = lessons[i]; });
  }
  for (const [key, value] of Object.entries(settings))
    if (value != null && value !== "" && value !== "Any") link.searchParams.set(key, value);
  history.replaceState(null, "", link);
  const button = document.getElementById("share");
  let said = "Link in the address bar"; // where the browser keeps its clipboard to itself
  try {
    await navigator.clipboard.writeText(link.href);
    said = "Link copied";
  } catch {}
  button.textContent = said;
  setTimeout(() => { button.textContent = "Copy link"; }, 1600);
}
