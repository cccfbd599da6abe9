/* Keeps a part of the page fresh: <div data-poll-url="…" data-poll-seconds="5" data-offline-text="Offline since {time}">.
   The page is complete without it. What was last received stays on screen while the network is away. */
(function () {
  "use strict";
  const LONGEST_WAIT = 60;
  const ANSWER_WITHIN = 10000;

  function watch(region) {
    const every = Number(region.dataset.pollSeconds) || 10;
    const notice = noticeBefore(region);
    let tag = null, failures = 0, lastSeen = new Date(), timer = null, asking = false;

    function later() {
      clearTimeout(timer);
      const wait = Math.min(every * 2 ** failures, Math.max(LONGEST_WAIT, every));
      timer = setTimeout(ask, wait * 1000 * (failures ? 0.8 + Math.random() * 0.4 : 1));
    }

    async function ask() {
      if (asking) return;
      asking = true;
      try {
        await refresh();
        failures = 0;
        lastSeen = new Date();
        notice.hidden = true;
      } catch (error) {
        failures += 1;
        tell();
      }
      asking = false;
      later();
    }

    async function refresh() {
      const abort = new AbortController();
      const limit = setTimeout(() => abort.abort(), ANSWER_WITHIN);
      try {
        const answer = await fetch(region.dataset.pollUrl, {
          cache: "no-store", credentials: "same-origin", redirect: "error", signal: abort.signal,
          headers: tag ? { "If-None-Match": tag } : {},
        });
        if (answer.status === 304) return;
        if (!answer.ok) throw new Error(String(answer.status));
        const html = await answer.text();
        if (isBeingEdited()) return;
        replace(html);
        tag = answer.headers.get("ETag");
      } finally {
        clearTimeout(limit);
      }
    }

    function isBeingEdited() {
      const focused = document.activeElement;
      return region.contains(focused) && focused.matches("input:not([type=hidden]), select, textarea");
    }

    function replace(html) {
      const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
      region.innerHTML = html;
      const again = focused && document.getElementById(focused);
      if (again) again.focus({ preventScroll: true });
    }

    function tell() {
      const time = lastSeen.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      const text = (region.dataset.offlineText || "{time}").replace("{time}", time);
      if (notice.textContent !== text) notice.textContent = text;
      notice.hidden = false;
    }

    function soon() {
      failures = 0;
      clearTimeout(timer);
      ask();
    }

    document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : soon()));
    window.addEventListener("online", soon);
    later();
  }

  function noticeBefore(region) {
    const notice = document.createElement("p");
    notice.className = "note resv offline";
    notice.setAttribute("role", "status");
    notice.hidden = true;
    region.before(notice);
    return notice;
  }

  document.querySelectorAll("[data-poll-url]").forEach(watch);
})();
