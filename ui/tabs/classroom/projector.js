() => {
  // For a screen that a class looks at: the lesson alone, in large type; keys go on and back.
  const body = document.body, on = body.classList.toggle("projector");
  const visible = (query) => [...document.querySelectorAll(query)].find((e) => e.checkVisibility());
  const go = (by) => {
    const all = [...document.querySelectorAll("#lessons [role=tab]")];
    const at = all.findIndex((tab) => tab.ariaSelected === "true");
    all[Math.min(Math.max(at + by, 0), all.length - 1)].click();
  };
  const leave = () => {
    body.classList.remove("projector");
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
  addEventListener("keydown", key);
  addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) leave(); });
  document.documentElement.requestFullscreen?.().catch(() => {}); // large type does without
  document.activeElement?.blur();
}
