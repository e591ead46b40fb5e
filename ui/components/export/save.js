// Saves the file that the server has just written; `props.value` is {url, name}.
watch("value", () => {
  const { url, name } = props.value ?? {};
  if (!url) return;
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
});
