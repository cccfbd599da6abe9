// The roll during a cut: each tap is kept on the tablet, shown at once, and sent in order when the network is there.
"use strict";
(() => {
  const page = document.querySelector("[data-roll]");
  if (!page) return;
  const STORE = `roll:${page.dataset.roll}:`, MINE = STORE + page.dataset.user, AGAIN = 5000;
  const YOUNG = new Set(["0-11", "12-14", "15-17", ""]), STATES = new Set(["present", "absent", "excused"]);
  const at = (id) => document.getElementById(id);
  const row = (tap) => at(`p-${tap.fields.person}`);
  let memory = [], busy = false;

  const kept = () => {
    try { return JSON.parse(localStorage.getItem(MINE)) || []; } catch { return memory; }
  };
  const keep = (taps) => {
    memory = taps;
    try { taps.length ? localStorage.setItem(MINE, JSON.stringify(taps)) : localStorage.removeItem(MINE); } catch { /* no room: memory */ }
    const note = at("waiting"), words = note.dataset[taps.length === 1 ? "one" : "many"];
    note.hidden = !taps.length;
    note.lastElementChild.textContent = words.replace("{n}", taps.length);
  };
  const drop = (key) => keep(kept().filter((tap) => tap.key !== key));
  const ofPerson = (taps, person) => taps.filter((tap) => person && tap.fields.person === String(person));

  const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((one) => one.toString(36)).join("-");
  const add = (fields) => {
    const { key = newKey(), ...rest } = fields;
    keep([...kept(), { key, at: Date.now(), fields: rest }]);
    show(kept().at(-1));
  };

  // What was tapped is seen before the server has said anything.
  const show = (tap) => {
    const line = row(tap), { act } = tap.fields;
    if (line) {
      const state = STATES.has(act) ? act : act === "back" ? "" : line.dataset.state;
      line.dataset.state = state;
      line.toggleAttribute("data-gone", act === "left");
      for (const button of line.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", button.value === state);
      line.querySelector(".waits").hidden = false;
    }
    watch();
  };
  const THERE = "[data-person][data-state=present]:not([data-gone])";
  const EXPECTED = `${THERE}, [data-group=registered][data-state=""], [data-group=helpers][data-state=""]`;
  const watch = () => {
    const box = at("watch"), say = (name, number) => { box.querySelector(`[data-watch=${name}]`).textContent = number; };
    const sum = (which, name) => [...page.querySelectorAll(which)].reduce((total, one) => total + Number(one.dataset[name]), 0);
    const counts = [...page.querySelectorAll("[data-people]"), ...kept().filter((tap) => tap.fields.act === "count")];
    const young = counts.map((one) => one.fields ?? one.dataset).filter((one) => YOUNG.has(one.band));
    const counted = young.reduce((total, one) => total + Number(one.people), 0);
    for (const [which, end] of [[THERE, ""], [EXPECTED, "-expected"]]) {
      say(`minors${end}`, sum(which, "minors") + counted);
      say(`grown${end}`, sum(which, "grown"));
    }
    const missing = Math.max(0, Math.ceil((sum(THERE, "minors") + counted) / box.dataset.perAdult) - sum(THERE, "grown"));
    say("missing", missing);
    box.querySelector("[data-watch=enough]").hidden = missing > 0;
    box.querySelector("[data-watch=short]").hidden = missing === 0;
  };

  const swap = (part, html) => {
    const old = at(part), held = document.activeElement;
    if (!old) return false;
    const same = old.contains(held) && held.name ? `[name="${held.name}"][value="${CSS.escape(held.value)}"]` : "";
    old.outerHTML = html;
    if (same) (at(part).querySelector(same) ?? at(part).querySelector("button"))?.focus();
    return true;
  };
  const answered = (tap, answer) => {
    const taps = kept();
    for (const later of ofPerson(taps, tap.fields.person)) later.fields.version = answer.version;
    keep(taps);
    if (answer.gone) row(tap)?.remove();
    if (!swap(answer.part, answer.html) && !kept().length) location.reload();
    ofPerson(kept(), tap.fields.person).forEach(show);
    watch();
  };
  // Somebody else has noted another thing: the last word tapped here is asked about, beside the person.
  const clashed = (tap, answer) => {
    const later = ofPerson(kept(), tap.fields.person).filter((one) => one.key !== tap.key);
    if (later.length) return drop(tap.key);
    keep(kept().map((one) => (one.key === tap.key ? { ...one, stuck: true } : one)));
    swap(answer.part, answer.html);
    watch();
  };
  const post = async (tap) => {
    const ago = Math.max(0, Math.round((Date.now() - tap.at) / 1000));
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const response = await fetch(location.pathname, {
      method: "POST", credentials: "same-origin", redirect: "manual",
      headers: { Accept: "application/json", "X-CSRFToken": token, "X-Kept-Here": "1" },
      body: new URLSearchParams({ ...tap.fields, key: tap.key, ago }),
    });
    if (response.status === 423) return location.replace(`${document.body.dataset.lock}?next=${encodeURIComponent(location.pathname)}`);
    if (![200, 409, 422].includes(response.status)) throw new Error(response.status || "signed out");
    const answer = await response.json();
    if (response.status === 409) { clashed(tap, answer); return true; }
    drop(tap.key);
    answered(tap, answer);
    return true;
  };
  const send = async () => {
    if (busy) return;
    busy = true;
    try {
      for (let tap; (tap = kept().find((one) => !one.stuck));) if (!(await post(tap))) break;
      at("not-sent").hidden = true;
    } catch (error) {
      at("not-sent").hidden = error instanceof TypeError; // a TypeError is the network: it comes back
    } finally { busy = false; }
  };

  const everybody = () => {
    const lines = page.querySelectorAll("[data-group=registered][data-state='']");
    for (const line of lines) {
      const { person, role, version } = line.querySelector(".taps").elements;
      add({ act: "present", person: person.value, role: role.value, version: version.value });
    }
  };
  addEventListener("submit", (event) => {
    const form = event.target, { submitter } = event;
    if (form.matches("[data-find]")) return find(event);
    if (!form.matches("[data-tap]")) return;
    event.preventDefault();
    const { csrfmiddlewaretoken, ...fields } = Object.fromEntries(new FormData(form));
    if (submitter?.name) fields[submitter.name] = submitter.value;
    keep(kept().filter((tap) => !(tap.stuck && tap.fields.person === fields.person)));
    form.closest(".clash, #found li")?.remove();
    if (fields.act === "all") everybody(); else add(fields);
    if (fields.act === "count") { form.elements.key.value = newKey(); form.elements.people.value = 1; }
    send();
  });
  page.addEventListener("click", (event) => {
    const left = event.target.closest("[data-drop]");
    if (!left) return;
    event.preventDefault();
    keep(kept().filter((tap) => !(tap.stuck && tap.fields.person === left.dataset.drop)));
    left.closest(".clash").remove();
  });
  const find = async (event) => {
    event.preventDefault();
    const words = new URLSearchParams(new FormData(event.target));
    try {
      const response = await fetch(`${location.pathname}?${words}`, { credentials: "same-origin" });
      if (response.redirected) return location.reload();
      const found = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("found");
      at("found").replaceWith(found);
      at("cannot-find").hidden = true;
    } catch { at("cannot-find").hidden = false; }
  };

  keep(kept().map(({ stuck, ...tap }) => tap));
  kept().forEach(show);
  at("others-waiting").hidden = !Object.keys(localStorage).some((name) => name.startsWith(STORE) && name !== MINE);
  addEventListener("online", send);
  setInterval(() => { if (kept().some((tap) => !tap.stuck) && navigator.onLine) send(); }, AGAIN);
  send();
})();
