// Lanes played together. `props.value` is [{title, evaluations, frames: [[ms, evaluations, url]]}].
const field = element.querySelector(".race-lanes"), clock = element.querySelector(".race-clock");
const speed = element.querySelector("select"), again = element.querySelector(".race-play");
let playing = 0; // which playing this is: an older one stops when it sees another number

const seconds = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);
const evaluated = (count) => `${count} evaluation${count > 1 ? "s" : ""}`;

function laneOf({ title, evaluations }) {
  const figure = document.createElement("figure"), picture = document.createElement("img");
  const name = document.createElement("b"), state = document.createElement("span");
  picture.alt = title;
  name.textContent = title;
  const caption = document.createElement("figcaption");
  caption.append(name, state);
  figure.append(picture, caption);
  const at = (ms, lane) => {
    const now = lane.frames.findLast(([time]) => time <= ms), done = lane.frames.at(-1);
    if (now) picture.src = now[2];
    else picture.removeAttribute("src");
    const over = ms >= done[0];
    figure.classList.toggle("over", over);
    state.textContent = over
      ? `${evaluated(done[1])}, ${seconds(done[0])}`
      : `${now ? now[1] : 0} of ${evaluated(done[1])}`;
  };
  return { figure, at };
}
function play() {
  const value = Array.isArray(props.value) ? props.value : []; // before the first race it is none
  const lanes = value.filter((lane) => lane.frames.length);
  const mine = ++playing, drawn = lanes.map(laneOf);
  field.replaceChildren(...drawn.map((lane) => lane.figure));
  if (!lanes.length) return;
  const end = Math.max(...lanes.map((lane) => lane.frames.at(-1)[0])), start = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const tick = () => {
    if (mine !== playing || !element.isConnected) return;
    const ms = still ? end : Math.min((performance.now() - start) * +speed.value, end);
    drawn.forEach((lane, i) => lane.at(ms, lanes[i]));
    clock.textContent = seconds(ms);
    if (ms < end) requestAnimationFrame(tick);
  };
  tick();
}
again.onclick = speed.onchange = play;
watch("value", play);
play();
