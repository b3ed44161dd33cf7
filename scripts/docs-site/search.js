// The search of the site takes a query language in which ":" and "~" are operators, and looks for each word anywhere in
// a word. People paste error messages, and ask in sentences: it is given their words alone, without those that are in
// every page.
const common = new Set(
  "an and are as at be by do does for from has have how in is it its my no not of on or that the this to was what when why with you".split(
    " ",
  ),
);

document.addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("tsd-search-input");
  const native = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  Object.defineProperty(field, "value", {
    get() {
      const words = native.get.call(this).split(/[^\p{L}\p{N}_./@]+/u);
      const trimmed = words.map((word) => word.replace(/^\W+|\W+$/gu, "")).filter((word) => word !== "");
      const telling = trimmed.filter((word) => word.length > 1 && !common.has(word.toLowerCase()));
      return (telling.length > 0 ? telling : trimmed).join(" ");
    },
    set(text) {
      native.set.call(this, text);
    },
  });
});
