"""axe-core in a page of the browser: what it finds against the rules of accessibility."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Only what is wrong comes back: the list of all that passed is long, and costs more than the looking. Colours on their
# way (some are, whatever motion is asked for) are no colours to judge: what ends is waited for.
RUN = """async ([context, options]) => {
  const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
  const late = new Promise((done) => setTimeout(done, 1500));
  await Promise.race([Promise.allSettled(ending.map((one) => one.finished)), late]);
  const found = await axe.run(context ?? document, {resultTypes: ["violations"], ...options});
  return found.violations.map(({id, nodes}) => ({id, nodes: nodes.map(({html, target}) => ({html, target}))}));
}"""


def violations(
    page: Page, *, within: dict[str, Any] | None = None, rules: list[str] | None = None
) -> list[dict[str, Any]]:
    """Return each rule that the open page breaks: `id`, and `nodes` with `html` and `target`.

    `within` is a context of axe-core and `rules` names the only ones to judge by; without them it is all, by all.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(RUN, [within, {"runOnly": rules} if rules else {}])
