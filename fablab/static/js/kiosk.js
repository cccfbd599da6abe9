// After the thanks the tablet goes back to the questions, for the next one.
"use strict";
(() => {
  const { back } = document.body.dataset;
  if (back) setTimeout(() => location.replace(back), 6000);
})();
