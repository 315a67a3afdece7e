"use strict";
// Figures that enlarge. Without scripts each is shown as large as the page allows.
(() => {
  const figures = document.querySelectorAll("figure.picture");
  if (!figures.length) return;

  const title = made("h2", { id: "enlarged" });
  const close = made("button", { type: "button" }, "Close");
  const place = made("div", { className: "place", tabIndex: 0, role: "region" });
  place.setAttribute("aria-labelledby", title.id);
  const dialog = made("dialog", { className: "enlarged" }, made("header", {}, title, close), place);
  dialog.setAttribute("aria-labelledby", title.id);
  document.body.append(dialog);

  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => place.replaceChildren());

  for (const figure of figures) {
    const drawing = figure.querySelector("img, svg");
    const button = made("button", { type: "button", className: "enlarge" });
    drawing.replaceWith(button);
    button.append(made("span", { className: "unseen" }, "Enlarge: "), drawing);
    button.addEventListener("click", () => {
      title.textContent = figure.querySelector("strong").textContent;
      place.replaceChildren(drawing.cloneNode(true));
      dialog.showModal(); // Escape closes it, and the focus returns to the button
    });
  }
})();
