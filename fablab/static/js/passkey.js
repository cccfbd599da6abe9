/* Passkeys beside allauth's own scripts. Parts marked data-passkey show where the browser knows passkeys, data-no-passkey
   where it does not, data-passkey-failed when the person or the device said no. The button with data-passkey-act (loginForm,
   authenticateForm or addForm) asks the device. The page is complete without it. */
(function () {
  "use strict";
  if (!window.PublicKeyCredential) return;

  function show(selector, shown) {
    document.querySelectorAll(selector).forEach((part) => { part.hidden = !shown; });
  }

  const button = document.querySelector("[data-passkey-act]");
  if (button) {
    const ids = { login: button.id, authenticate: button.id, add: button.id, data: "passkey_data" };
    window.allauth.webauthn.forms[button.dataset.passkeyAct]({
      ids: { ...ids, credential: "id_credential", passwordless: "id_passwordless" },
    });
  }
  show("[data-passkey]", true);
  show("[data-no-passkey]", false);
  document.addEventListener("click", () => show("[data-passkey-failed]", false));
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    show("[data-passkey-failed]", true);
  });
})();
