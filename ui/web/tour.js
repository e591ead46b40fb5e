() => {
  // A first visit is shown round in three steps. It is remembered in the browser, and never comes back.
  const KEY = "onestroke-shown-round";
  const STEPS = [
    ["#paint-canvas .lc-stage", "Choose a material and paint here, as crudely as you like: sky, a mountain, water."],
    ["#paint-result .frame", "The finished picture follows your brush. Save it below, or send it to another tab."],
    ["#label-bar", "Say here which scene and light you mean. Another seed is another picture of the same painting."],
  ];
  try { // who follows a link looks at its picture first
    if (window.oneStrokeKept?.follows || localStorage.getItem(KEY)) return;
    localStorage.setItem(KEY, "yes");
  } catch { return; } // a browser that remembers nothing would be shown round each time
  const card = document.createElement("section");
  card.id = "tour";
  card.ariaLabel = "Shown round";
  card.innerHTML = `<p role="status"></p><div><span></span>
    <button type="button" class="sm secondary">Skip</button><button type="button" class="sm primary">Next</button></div>`;
  const [skip, next] = card.querySelectorAll("button");
  let at = -1;
  const mark = () => {
    document.querySelector(".shown-round")?.classList.remove("shown-round");
    document.querySelector(STEPS[at]?.[0])?.classList.add("shown-round");
  };
  const end = () => {
    at = STEPS.length;
    mark();
    const held = card.contains(document.activeElement);
    card.remove();
    removeEventListener("keydown", escape);
    document.removeEventListener("pointerdown", painted, true);
    if (held) document.querySelector(STEPS[0][0])?.focus({ preventScroll: true });
  };
  const go = () => {
    if (++at === STEPS.length) return end();
    mark();
    // On a phone the pictures fill the lower part: the card stands above them, but not on what it shows.
    card.classList.toggle("high", innerWidth < 768 && STEPS[at][0] !== "#label-bar");
    card.querySelector("p").textContent = STEPS[at][1];
    card.querySelector("span").textContent = `${at + 1} of ${STEPS.length}`;
    next.textContent = at + 1 < STEPS.length ? "Next" : "Paint";
    document.querySelector(STEPS[at][0])?.scrollIntoView({ block: "nearest" });
  };
  const escape = (event) => { if (event.key === "Escape") end(); };
  const painted = (event) => { if (event.target.closest(".lc-stage")) end(); }; // who paints needs no more words
  skip.onclick = end;
  next.onclick = go;
  addEventListener("keydown", escape);
  document.addEventListener("pointerdown", painted, true);
  document.body.prepend(card); // first in the order of the keyboard
  go();
}
