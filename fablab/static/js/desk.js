// The desk shuts after a minute without a hand on it; the server shuts it too, this only hides the page in time.
"use strict";
(() => {
  const { lock, awake } = document.body.dataset;
  if (!lock) return;
  const IDLE = 60_000, CALL = 20_000;
  let touched = Date.now(), called = Date.now();

  const address = () => `${lock}?next=${encodeURIComponent(location.pathname + location.search)}`;
  // Without a network the page hides what it shows and waits: an address that does not answer would lose it.
  let gone = false;
  const leave = () => fetch(address(), { method: "HEAD", credentials: "same-origin" }).then(
    () => location.replace(address()),
    () => { document.getElementById("no-network").hidden = false; setTimeout(leave, 3000); },
  );
  const shut = () => {
    if (gone) return;
    gone = true;
    for (const part of document.body.children) part.hidden = true;
    leave();
  };
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const stayAwake = () => {
    called = Date.now();
    const headers = { "X-CSRFToken": token() ?? "" };
    fetch(awake, { method: "POST", headers, credentials: "same-origin" }).then((answer) => {
      if (answer.status === 409) shut();
    }, () => {});
  };
  const moved = () => {
    touched = Date.now();
    if (token() && touched - called > CALL) stayAwake();
  };
  for (const sign of ["pointerdown", "keydown", "input", "scroll"]) {
    addEventListener(sign, moved, { passive: true });
  }
  setInterval(() => { if (Date.now() - touched > IDLE) shut(); }, 1000);
  // A page brought back by the Back button, or by a tablet that slept, is asked for again.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - touched > IDLE) shut();
  });
})();
