import type { ComponentChildren } from "preact";

/** Line icons on a 16 px grid, in the colour of the text around them. */
const PATHS: Readonly<Record<string, ComponentChildren>> = {
  play: <path d="M5 3.2v9.6L12.5 8z" fill="currentColor" stroke="none" />,
  pause: <path d="M5.2 3v10M10.8 3v10" stroke-width="2.4" />,
  back: <path d="M10 3.5 5.5 8l4.5 4.5" />,
  forward: <path d="M6 3.5 10.5 8 6 12.5" />,
  back10: <path d="M8 3.5 3.5 8 8 12.5M13 3.5 8.5 8l4.5 4.5" />,
  forward10: <path d="M8 3.5 12.5 8 8 12.5M3 3.5 7.5 8 3 12.5" />,
  previous: <path d="M3.5 3.5v9M13 3.5 7 8l6 4.5z" />,
  next: <path d="M12.5 3.5v9M3 3.5 9 8l-6 4.5z" />,
  undo: <path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3" />,
  redo: <path d="M13 6.5H6.500a3.5 3.5 0 0 0 0 7H10M13 6.5l-3-3M13 6.5l-3 3" />,
  fit: <path d="M2.5 6V2.500H6M10 2.500h3.500V6M13.5 10v3.500H10M6 13.500H2.500V10" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  loupe: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="m10.2 10.2 3.6 3.600M7 5.200v3.600M5.2 7h3.6" />
    </>
  ),
  names: <path d="M2.5 12.5 6 3.500l3.5 9M3.7 9.500h4.600M11.5 12.500v-6M13.5 6.500h-4" />,
  ghost: (
    <>
      <circle cx="8" cy="8" r="5" stroke-dasharray="2.6 2.6" />
      <circle cx="8" cy="8" r="1" fill="currentColor" />
    </>
  ),
  enlarge: <path d="M2.5 3.500h7.500v9H2.500zM12.5 3.500h1v2.500h-1zM12.5 8h1v4.500h-1z" />,
  shown: (
    <>
      <path d="M1.5 8C3 5.200 5.3 3.800 8 3.800S13 5.200 14.5 8C13 10.800 10.7 12.200 8 12.200S3 10.800 1.500 8z" />
      <circle cx="8" cy="8" r="1.8" />
    </>
  ),
  hidden: (
    <path d="M2 8.500c1.700 2 3.700 3 6 3s4.300-1 6-3M4 10.500l-1 1.800M8 11.600v2M12 10.500l1 1.800" />
  ),
  close: <path d="m4 4 8 8M12 4l-8 8" />,
};

export function Icon({ name }: { name: keyof typeof PATHS & string }) {
  return (
    <svg
      class="st-icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  );
}
