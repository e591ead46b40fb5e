// The page's settings, as a link carries them: {name: text}.
function settingsOf([strength, steps, seed, scene, light, category, model, ...lessons]) {
  const tab = document.querySelector("#tabs [role=tab][aria-selected=true]").textContent.trim();
  const samples = document.querySelector(`#${tab.toLowerCase()}-samples input[type=number]`)?.value;
  const all = { tab, model, seed, steps, samples, strength, scene, light, category };
  const open = document.querySelector("#lessons [role=tab][aria-selected=true]");
  if (tab === "Steps" && open) { // lesson-NAME-button
    all.lesson = open.id.slice("lesson-".length, -"-button".length);
    LESSON_SETTINGS.forEach((name, i) => { all[name] = lessons[i]; });
  }
  const said = Object.entries(all).filter(([, value]) => value != null && value !== "" && value !== "Any");
  return Object.fromEntries(said.map(([name, value]) => [name, String(value)]));
}
