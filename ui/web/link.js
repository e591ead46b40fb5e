// The address of the page as it stands, in the address bar and on the clipboard, after settings.js and painting.js.
const link = new URL(location.pathname, location.origin), settings = settingsOf(values);
for (const [name, value] of Object.entries(settings)) link.searchParams.set(name, value);
const canvas = document.querySelector("#paint-canvas .lc");
if (settings.tab === "Paint" && canvas?.dataset.changed) {
  const [back, ink, sketch] = canvas.querySelectorAll("canvas");
  link.hash = "p=" + (await asLink([back, ink]));
  if (isDrawnOn(sketch)) link.hash += "&s=" + (await asLink([sketch], LINES));
}
history.replaceState(history.state, "", link);
const button = document.getElementById("share");
let said = "Link in the address bar"; // where the browser keeps its clipboard to itself
try {
  await navigator.clipboard.writeText(link.href);
  said = "Link copied";
} catch {}
button.textContent = said;
setTimeout(() => { button.textContent = "Copy link"; }, 1600);
