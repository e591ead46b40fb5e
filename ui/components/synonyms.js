// The scene and light menus know other words for their names: one that was typed becomes the name it stands for, once
// one stops typing or presses Enter. (Gradio's filter looks for what was typed in the names alone.)
const PAUSE_MS = 500, LEAST = 3; // letters
const SCENES = {
  alpine: "mountains peaks alps summit glacier", lake: "pond loch tarn", meadow: "fields pasture hills flowers grassland",
  forest: "woods trees pines", autumn: "fall leaves", winter: "snow ice frost", desert: "dunes sahara sand",
  canyon: "gorge mesa cliffs", savanna: "steppe africa plains", coast: "beach shore bay", tropical: "palms jungle island",
  sea: "ocean waves", moor: "heath bog fog mist",
};
const LIGHTS = {
  day: "noon morning sunny", "golden hour": "evening afternoon", sunset: "sundown red", dusk: "twilight dawn",
  night: "moon stars dark", overcast: "clouds cloudy grey rain",
};
const MENUS = { "label-scene": SCENES, "interpolate-to-scene": SCENES, "label-light": LIGHTS, "interpolate-to-light": LIGHTS };
const wordsAt = (box) => box.matches?.("input[role=combobox]") ? MENUS[box.closest("[id^=label-], [id^=interpolate-to]")?.id] : undefined;
let pausing = null;

function nameFor(typed, words) {
  const begun = typed.trim().toLowerCase(), names = Object.keys(words);
  if (begun.length < LEAST || names.some((name) => name.includes(begun))) return undefined;
  return names.find((name) => words[name].split(" ").some((word) => word.startsWith(begun)));
}
function replaceWord(box) {
  clearTimeout(pausing);
  const name = nameFor(box.value, wordsAt(box));
  if (!name) return;
  box.value = name;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Unidentified", bubbles: true })); // at keys it filters
  box.select(); // whoever types on means something else
}
document.addEventListener("input", ({ target }) => {
  clearTimeout(pausing);
  if (wordsAt(target)) pausing = setTimeout(replaceWord, PAUSE_MS, target);
});
document.addEventListener("keydown", ({ key, target }) => { if (key === "Enter" && wordsAt(target)) replaceWord(target); }, true);
// Whoever clicks means to type another name, not to go on with the one that is there.
document.addEventListener("click", ({ target }) => {
  if (wordsAt(target)) requestAnimationFrame(() => target.select()); // Gradio has set its value again by then
});
// A finger takes a name from the list, and wants no keyboard over it.
document.addEventListener("pointerdown", ({ pointerType, target }) => {
  if (wordsAt(target)) target.inputMode = pointerType === "touch" ? "none" : "";
}, true);
