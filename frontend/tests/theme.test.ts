import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { themeOf, wireTheme, wireThemeSwitch } from "../src/theme";

beforeEach(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: the theme is a cookie, and the Cookie Store is not everywhere.
  document.cookie = "sbea_theme=; max-age=0; path=/";
  delete document.documentElement.dataset.theme;
});

afterEach(() => {
  document.body.replaceChildren();
});

describe("the theme", () => {
  it.each([
    ["", "system"],
    ["a=b; sbea_theme=dark", "dark"],
    ["sbea_theme=pink", "system"],
  ])("of the cookies '%s' is %s", (cookies, theme) => expect(themeOf(cookies)).toBe(theme));

  it("is switched by a button that an island made, and kept", () => {
    const button = document.createElement("button");
    wireThemeSwitch(document, button);
    expect(button.textContent).toBe("◐ Auto");
    const seen = [1, 2, 3].map(() => {
      button.click();
      return document.documentElement.dataset.theme;
    });
    expect(seen).toEqual(["light", "dark", undefined]);
    button.click();
    expect(themeOf(document.cookie)).toBe("light");
    expect(button.getAttribute("aria-label")).toBe("Theme: light. Press to change.");
  });

  it("is switched by the button in the bar of a page, which shows only where it works", () => {
    document.body.innerHTML = "<button data-theme-switch hidden></button>";
    wireTheme(document);
    const button = document.querySelector("button");
    button?.click();
    expect([button?.hidden, document.documentElement.dataset.theme]).toEqual([false, "light"]);
  });
});
