/**
 * The theme follows the system until the person chooses. The choice is a cookie, so that the server
 * writes it into the first byte of every page and no page flashes in the wrong colours.
 */

export type Theme = "system" | "light" | "dark";

const COOKIE = "sbea_theme";
const A_YEAR_S = 31_536_000;
const ORDER: readonly Theme[] = ["system", "light", "dark"];
const WORDS: Readonly<Record<Theme, string>> = { system: "◐ Auto", light: "☀ Light", dark: "☾ Dark" };

export function themeOf(cookies: string): Theme {
  const value = cookies
    .split("; ")
    .find((part) => part.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1);
  return value === "light" || value === "dark" ? value : "system";
}

function show(page: Document, theme: Theme, button: HTMLElement): void {
  if (theme === "system") delete page.documentElement.dataset.theme;
  else page.documentElement.dataset.theme = theme;
  button.textContent = WORDS[theme];
  button.setAttribute("aria-label", `Theme: ${theme}. Press to change.`);
}

/** Makes the `[data-theme-switch]` of a page's bar work. */
export function wireTheme(page: Document): void {
  const button = page.querySelector<HTMLElement>("[data-theme-switch]");
  if (button) wireThemeSwitch(page, button);
}

/** Makes a button cycle system, light, dark. */
export function wireThemeSwitch(page: Document, button: HTMLElement): void {
  let theme = themeOf(page.cookie);
  show(page, theme, button);
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
    page.cookie = `${COOKIE}=${theme}; path=/; max-age=${A_YEAR_S}; samesite=lax`;
    show(page, theme, button);
  });
}
