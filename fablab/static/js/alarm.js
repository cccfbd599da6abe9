/* Rings on the wall board as long as it says, in data-alarm, that nobody is at a machine. A browser plays nothing before
   a hand has touched the page, so somebody turns the sound on once and this screen remembers it. The board shows all of
   it without sound, and without this file. It informs: it is no safety device. */
(() => {
  "use strict";
  const KEY = "board-sound", EVERY = 4000, NOTES = [880, 660, 880];
  const region = document.getElementById("board"), said = document.getElementById("board-said");
  let audio = null, wanted = read() === "on", timer = null;

  function read() {
    try { return localStorage.getItem(KEY); } catch { return null; }
  }

  function remember() {
    try { localStorage.setItem(KEY, wanted ? "on" : "off"); } catch { /* this screen forgets */ }
  }

  const mayPlay = () => audio !== null && audio.state === "running";

  function open() {
    audio ??= new AudioContext();
    return audio.state === "running" ? Promise.resolve() : audio.resume();
  }

  function ring() {
    if (!mayPlay()) return;
    NOTES.forEach((pitch, place) => {
      const start = audio.currentTime + place * 0.28, tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.25);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.26);
    });
  }

  function label() {
    const button = document.getElementById("board-sound");
    if (!button) return;
    button.hidden = false;
    button.lastElementChild.textContent = !wanted ? button.dataset.off : mayPlay() ? button.dataset.on : button.dataset.waits;
  }

  function follow() {
    const alarm = region.querySelector("[data-alarm]");
    const text = alarm ? alarm.dataset.alarm : "";
    if (said.textContent !== text) said.textContent = text;
    label();
    if (alarm && wanted && timer === null) {
      ring();
      timer = setInterval(ring, EVERY);
    } else if (timer !== null && !(alarm && wanted)) {
      clearInterval(timer);
      timer = null;
    }
  }

  // Any touch lets a screen that wants the sound have it; the button turns it on, lets it in, or turns it off.
  async function touched(event) {
    const onButton = event.target.closest("#board-sound");
    if (onButton) {
      wanted = !(wanted && mayPlay());
      remember();
    }
    if (wanted && !mayPlay()) {
      await open();
      if (onButton) ring();
    }
    follow();
  }

  document.addEventListener("click", touched);
  new MutationObserver(follow).observe(region, { childList: true });
  if (wanted) open().then(follow, () => {});
  follow();
})();
