() => {
  // On a narrow page, or one enlarged until it is, the sidebar would lie over what one works on, or leave it no room.
  const narrow = matchMedia("(max-width: 1100px)");
  const aside = () => { if (narrow.matches) document.querySelector("#sidebar.open .toggle-button")?.click(); };
  narrow.addEventListener("change", aside);
  aside();
  // A Go button turns into Stop while its work lasts, unless that is over before one could read it;
  // whoever pressed it by keyboard stays on it.
  const turn = (go, stoppable) => {
    const held = go.contains(document.activeElement);
    go.classList.toggle("stoppable", stoppable);
    if (held) go.querySelector(stoppable ? "[id$=-stop]" : "[id$=-run]").focus();
  };
  const idle = (go) => { go.classList.remove("busy"); turn(go, false); };
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".go button"), go = button?.closest(".go");
    if (!go) return;
    if (button.id.endsWith("-stop")) return idle(go);
    go.classList.add("busy");
    setTimeout(() => { if (go.classList.contains("busy")) turn(go, true); }, 350);
  }, true);
  document.addEventListener("onestroke-idle", (event) => idle(event.target));
  // Gradio shows what events in its queue are refused for; live pictures come round it.
  const note = document.body.appendChild(document.createElement("p"));
  Object.assign(note, { id: "note", role: "status", hidden: true });
  let fading = null;
  const tell = (sentence, good = false) => {
    if (!sentence) return;
    clearTimeout(fading);
    note.classList.toggle("good", good);
    note.textContent = sentence;
    note.hidden = false;
    fading = setTimeout(() => { note.hidden = true; }, 6000);
  };
  window.addEventListener("onestroke-told", ({ detail }) => tell(detail.sentence, detail.good));
  const plain = window.fetch;
  window.fetch = async (...asked) => {
    const live = String(asked[0]?.url ?? asked[0]).includes("/run/predict");
    try {
      const answer = await plain(...asked);
      if (live && !answer.ok) answer.clone().json().then(({ error }) => tell(error), () => {});
      return answer;
    } catch (failed) {
      if (live) tell("The server does not answer: what you draw stays here, and is sent with your next stroke.");
      throw failed;
    }
  };
  const die = document.getElementById("die");
  if (die) die.title = die.ariaLabel = "Roll the seed";
  // In a menu that can be searched, typing takes the place of the name that stands there.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(":is([id^=label-], [id^=interpolate-to]) input:not([readonly])")) event.target.select();
  });
}
