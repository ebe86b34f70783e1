// Buttons that copy the command beside them.

function copyingButtons() {
  for (const button of document.querySelectorAll(".copy")) {
    const code = button.parentElement.querySelector("code");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        // A browser that does not let pages of files write there: the text is marked, for Ctrl+C.
        getSelection().selectAllChildren(code);
        button.textContent = "Marked: press Ctrl+C";
      }
    });
  }
}
