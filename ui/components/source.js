// The picture that a tab works on comes back with the page, after kept.js.
let chosen = false; // something else meanwhile
kept.get(`source/${TAB}`).then((was) => { if (was && !chosen) props.value = { ...was, back: true }; });
watch("value", () => {
  chosen = true;
  kept.put(`source/${TAB}`, props.value);
});
