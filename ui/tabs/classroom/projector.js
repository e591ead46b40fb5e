() => {
  // For a screen that a class looks at: the lesson alone, in large type; keys go on and back.
  const body = document.body, on = body.classList.toggle("projector");
  const visible = (query) => [...document.querySelectorAll(query)].find((e) => e.checkVisibility());
  const go = (by) => {
    const all = [...document.querySelectorAll("#lessons [role=tab]")];
    const at = all.findIndex((tab) => tab.ariaSelected === "true");
    all[Math.min(Math.max(at + by, 0), all.length - 1)].click();
  };
  // The symbols take a third of a screen. A lesson is there only once it is opened.
  const fold = () => document.querySelectorAll("#lessons .legend:not(.folded)").forEach((one) => {
    one.classList.add("folded");
    one.open = false;
  });
  const mounted = new MutationObserver(fold);
  const leave = () => {
    body.classList.remove("projector");
    mounted.disconnect();
    document.querySelectorAll("#lessons .folded").forEach((one) => {
      one.classList.remove("folded");
      one.open = true;
    });
    removeEventListener("keydown", key);
    if (document.fullscreenElement) document.exitFullscreen();
  };
  const key = (event) => {
    if (!body.classList.contains("projector")) return leave();
    if (event.key === "Escape") return leave();
    if (event.target.matches("input, select, textarea, [role=slider]")) return;
    if (event.key === "ArrowRight" || event.key === "PageDown") go(1);
    if (event.key === "ArrowLeft" || event.key === "PageUp") go(-1);
    if (event.key === "Enter" && !event.target.closest("button, summary, a"))
      visible("#lessons .go:not(.busy) [id$=-run]")?.click();
  };
  if (!on) return leave();
  fold();
  mounted.observe(document.getElementById("lessons"), { childList: true, subtree: true });
  addEventListener("keydown", key);
  addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) leave(); });
  document.documentElement.requestFullscreen?.().catch(() => {}); // large type does without
  document.activeElement?.blur();
}
