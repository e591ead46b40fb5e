// A picture dropped on the page or pasted, while this tab is open, comes in as `upload` of {path}.
// MAX_UPLOAD_BYTES and TOO_LARGE are the server's: image_picker.py puts them before this script.
const here = () => element.offsetParent !== null;
const tell = (sentence) => window.dispatchEvent(new CustomEvent("onestroke-told", { detail: { sentence } }));

async function take(file) {
  if (file.size > MAX_UPLOAD_BYTES) return tell(TOO_LARGE);
  try {
    const { path } = await upload(file);
    trigger("upload", { path });
  } catch {
    tell("The picture did not reach the server: try once more.");
  }
}
function dropping(event, on) {
  if (!here() || !event.dataTransfer?.types.includes("Files")) return false;
  event.preventDefault(); // else the browser would leave the page for the file
  document.body.classList.toggle("dropping", on);
  return true;
}
document.addEventListener("dragover", (event) => dropping(event, true));
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) dropping(event, false); });
document.addEventListener("drop", (event) => {
  if (dropping(event, false) && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
});
document.addEventListener("paste", ({ clipboardData }) => {
  const picture = [...clipboardData.files].find((file) => file.type.startsWith("image/"));
  if (here() && picture && !clipboardData.types.includes("text/plain")) take(picture);
});
