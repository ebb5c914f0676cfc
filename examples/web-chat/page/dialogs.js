/** Opens the dialog `<name>-dialog` at a click on the button `<name>`, and runs `work` if it was confirmed. */
export function confirmFirst(name, attempt, work) {
  const dialog = document.getElementById(`${name}-dialog`);
  document.getElementById(name).addEventListener("click", () => {
    dialog.returnValue = "cancel";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "confirm") void attempt(work);
  });
}
