// ---- a photo to pick colours from, beside the palette: it stays in the browser
const PHOTO_SIDE = 512; // pixels, its longer side
const cramped = matchMedia("(max-width: 767px)"); // too small for a finger, it is shown over the canvas first
const photoPlace = root.querySelector(".lc-photo"), photo = photoPlace.querySelector("canvas");
const [openButton, awayButton] = photoPlace.querySelectorAll("button"), photoFile = photoPlace.querySelector("input");
const photoCtx = photo.getContext("2d", { willReadFrequently: true });
const enlarged = (large) => photoPlace.classList.toggle("lc-large", large);

function showPhoto(picture) { // a canvas or bitmap; without one it is put away
  photo.hidden = awayButton.hidden = !picture;
  enlarged(false);
  if (!picture) return;
  const scale = PHOTO_SIDE / Math.max(picture.width, picture.height);
  photo.width = Math.max(1, Math.round(picture.width * scale));
  photo.height = Math.max(1, Math.round(picture.height * scale));
  photoCtx.imageSmoothingQuality = "high";
  photoCtx.drawImage(picture, 0, 0, photo.width, photo.height);
}
async function openPhoto(file) {
  try {
    showPhoto(await createImageBitmap(file));
    kept.put(`${name}/photo`, photoCtx.getImageData(0, 0, photo.width, photo.height));
  } catch {
    tell("This file is no picture that the browser can open: choose a PNG, JPEG or WebP.");
  }
}
kept.get(`${name}/photo`).then((was) => { if (was) showPhoto(unpacked(was)); });
openButton.onclick = () => photoFile.click();
photoFile.onchange = () => {
  if (photoFile.files.length) openPhoto(photoFile.files[0]);
  photoFile.value = ""; // so that the same one may be chosen again
};
awayButton.onclick = () => {
  showPhoto(null);
  kept.put(`${name}/photo`, undefined);
  openButton.focus();
};
photo.onclick = ({ clientX, clientY }) => {
  if (cramped.matches && !photoPlace.classList.contains("lc-large")) return enlarged(true);
  const box = photo.getBoundingClientRect();
  chooseColour(colourAt(photo, [(clientX - box.left) * photo.width / box.width, (clientY - box.top) * photo.height / box.height]));
  enlarged(false);
};
document.addEventListener("pointerdown", ({ target }) => { if (!photoPlace.contains(target)) enlarged(false); });

// What is dropped here, or pasted while one is here, is not for the canvas.
for (const step of ["dragover", "dragleave", "drop"])
  photoPlace.addEventListener(step, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    document.body.classList.remove("dropping");
    photoPlace.classList.toggle("lc-over", step === "dragover");
    if (step === "drop" && event.dataTransfer.files.length) openPhoto(event.dataTransfer.files[0]);
  });
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
  if (!file || !(photoPlace.matches(":hover") || photoPlace.contains(document.activeElement))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  openPhoto(file);
}, true);
