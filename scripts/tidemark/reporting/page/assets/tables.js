"use strict";
// Tables that sort by any column and show the rows that one looks for. Without scripts they are plain tables.
// A cell's `data-value` is what it sorts by where its text is words or a drawing; none sorts last either way.
(() => {
  const FILTERED_FROM = 8; // rows; fewer are seen at a glance
  const NUMBER = /^[+\u2212-]?(\d[\d,]*\.?\d*|\.\d+)(e[+-]?\d+)?\s*(%|s|MB|kB)?$/i;
  const EMPTY = /^[\s\u2013\u2014-]*$/;
  const words = new Intl.Collator("en", { numeric: true });

  const textOf = (cell) => cell?.dataset.value ?? cell?.textContent.trim() ?? "";
  const numberOf = (text) => Number(text.replace(/[,%a-df-z\s]/gi, "").replace("\u2212", "-"));

  // What each row has in a column: a number if all have one, else text; null if empty.
  const valuesOf = (rows, column) => {
    const texts = rows.map((row) => textOf(row.cells[column]));
    const numeric = texts.every((text) => EMPTY.test(text) || NUMBER.test(text));
    return texts.map((text) => (EMPTY.test(text) ? null : numeric ? numberOf(text) : text));
  };
  const compared = (a, b) => (typeof a === "number" ? a - b : words.compare(a, b));

  const sorted = (rows, column, ascending) => {
    const values = valuesOf(rows, column);
    const order = rows.map((_, index) => index);
    order.sort((i, j) => {
      const [a, b] = [values[i], values[j]];
      if (a === null || b === null) return (a === null) - (b === null) || i - j;
      return (ascending ? compared(a, b) : compared(b, a)) || i - j;
    });
    return order.map((index) => rows[index]);
  };

  const makeSortable = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const headers = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    headers.forEach((header, column) => {
      const words = header.querySelector(".label") ?? header;
      const button = made("button", { type: "button", className: "sort" }, ...words.childNodes);
      words.append(button);
      button.addEventListener("click", () => {
        const ascending = header.getAttribute("aria-sort") !== "ascending";
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        body.append(...sorted(rows, column, ascending));
      });
    });
  };

  const makeFilterable = (table) => {
    const rows = [...table.tBodies[0].rows];
    const name = table.caption?.textContent.trim() ?? "";
    const field = made("input", { type: "search", autocomplete: "off", spellcheck: false });
    const label = made("label", {}, "Filter ", made("span", { className: "unseen" }, name), field);
    const count = made("output", {}, `${rows.length} rows`);
    const place = table.closest(".scroll") ?? table;
    place.before(made("div", { className: "filter" }, label, " ", count));
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
      }
      const shown = rows.filter((row) => !row.hidden).length;
      count.textContent = shown < rows.length ? `${shown} of ${rows.length} rows` : `${shown} rows`;
    });
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    makeSortable(table);
    if (table.tBodies[0].rows.length >= FILTERED_FROM) makeFilterable(table);
  }
})();
