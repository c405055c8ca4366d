"""The labelling studio as a person's hands know it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

SHOWN = "[data-presented-frame]"
ACTIVE = "[data-active=true]"


class StudioPage:
    """Moves, clicks and reads in an open studio."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.locator(SHOWN).wait_for()

    @property
    def frame(self) -> int:
        """The frame that the active view shows."""
        return int(self.page.locator(SHOWN).get_attribute("data-presented-frame") or -1)

    @property
    def tick(self) -> int:
        """The tick that all views show."""
        return int(self.page.locator(SHOWN).get_attribute("data-presented-tick") or -1)

    def wait_for_frame(self, frame: int, *, timeout_ms: float = 30_000) -> None:
        self.page.wait_for_function(
            "(n) => Number(document.querySelector('[data-presented-frame]').dataset.presentedFrame) === n",
            arg=frame,
            timeout=timeout_ms,
        )

    def wait_for_tick(self, tick: int, *, timeout_ms: float = 30_000) -> None:
        self.page.wait_for_function(
            "(n) => Number(document.querySelector('[data-presented-tick]').dataset.presentedTick) === n",
            arg=tick,
            timeout=timeout_ms,
        )

    def go_to(self, number: int) -> None:
        """Type the number of a frame, of several views that of a tick, and wait until it is shown."""
        self.type_number(number)
        self.enter_number(number)

    def type_number(self, number: int) -> None:
        """Write a number into the box of the frame, or tick, that is on screen."""
        self._number_box.fill(str(number))

    def enter_number(self, number: int) -> None:
        """Go to the number that was typed and wait until it is shown."""
        self._number_box.press("Enter")
        self.wait_for_tick(number)

    @property
    def _number_box(self) -> Locator:
        return self.page.get_by_label(re.compile("^(Frame|Tick), 0 to"))

    def cell(self, view: str | None = None) -> Locator:
        """One of several views by its name, else the active one."""
        return self.page.locator(ACTIVE if view is None else f".st-cell[data-view-name='{view}']")

    def source_kinds(self) -> dict[str, str]:
        """Where the frames of each visible view come from now, by its name."""
        kinds: dict[str, str] = self.page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('.st-cell[data-source]')]"
            ".map(({ dataset }) => [dataset.viewName, dataset.source]))"
        )
        return kinds

    def position(self, x: float, y: float, view: str | None = None) -> tuple[float, float]:
        """Where an image position lies in the window."""
        surface = self.cell(view).get_by_test_id("surface")
        scale, left, top = map(float, (surface.get_attribute("data-view") or "1 0 0").split(" "))
        box = surface.bounding_box()
        assert box is not None
        return box["x"] + left + (x + 0.5) * scale, box["y"] + top + (y + 0.5) * scale

    def wait_for_labels(self) -> None:
        """Wait until the labels of every view are known: before, a click changes nothing and says so."""
        expect(self.page.get_by_text("Reading the labels of this video")).to_have_count(0)
        expect(self.page.locator("[data-view-row]").filter(has_text="…")).to_have_count(0)

    def click(self, x: float, y: float, view: str | None = None) -> None:
        """Click at an image position, as soon as a click there may change something."""
        self.wait_for_labels()
        self.page.mouse.click(*self.position(x, y, view))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from one image position to another."""
        self.page.mouse.move(*self.position(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.position(*end), steps=5)
        self.page.mouse.up()

    def press(self, key: str) -> None:
        """A key, with the focus on the picture."""
        self.cell().get_by_test_id("surface").focus()
        self.page.keyboard.press(key)

    def expect_saved(self) -> None:
        expect(self.page.get_by_test_id("save-chip")).to_have_attribute("data-state", "saved")

    def expect_visibility(self, keypoint: int, visibility: str) -> None:
        """What the list beside the picture says of a keypoint."""
        row = self.page.locator(f"[data-keypoint='{keypoint}']")
        expect(row).to_have_attribute("data-visibility", visibility)
