/**
 * Watches the studio: at every animation frame, which frame it says it shows, which frame the barcode of the
 * picture says it is, and whether the mark of that frame (and of no other) is drawn over it.
 * The layout of the barcode is told in tests/fixtures/barcode.py; marks lie where `markOf` says.
 */
(markOf) => {
  const root = document.querySelector("[data-presented-frame]");
  const video = document.querySelector("[data-testid=video-canvas]");
  const overlay = document.querySelector("[data-testid=overlay-canvas]");
  const place = new Function("n", `return ${markOf}`);

  const pixelOf = (x, y) => {
    const [scale, offsetX, offsetY] = root.dataset.view.split(" ").map(Number);
    const device = window.devicePixelRatio;
    return [Math.round((offsetX + (x + 0.5) * scale) * device), Math.round((offsetY + (y + 0.5) * scale) * device)];
  };

  const readBarcode = () => {
    const [left, top] = pixelOf(16, 16);
    const [right, bottom] = pixelOf(144, 64);
    const width = right - left;
    const { data } = video.getContext("2d").getImageData(left, top, width, bottom - top);
    const byte = (row) => {
      let value = 0;
      for (let column = 0; column < 8; column++) {
        const x = Math.round(((column + 0.5) * width) / 8);
        const y = Math.round(((row + 0.5) * (bottom - top)) / 3);
        value = 2 * value + (data[4 * (y * width + x)] > 128 ? 1 : 0);
      }
      return value;
    };
    const [high, low, check] = [byte(0), byte(1), byte(2)];
    return (high ^ low ^ 0xa5) === check ? 256 * high + low : null;
  };

  const isMarked = (n) => {
    const [x, y] = pixelOf(...place(n));
    return overlay.getContext("2d").getImageData(x, y, 1, 1).data[3] > 0;
  };

  const probe = {
    samples: [],
    running: true,
    look() {
      const presented = Number(root.dataset.presentedFrame);
      return {
        presented,
        barcode: readBarcode(),
        marked: isMarked(presented),
        stale: [presented - 1, presented + 1].filter((n) => n >= 0 && isMarked(n)),
      };
    },
    watch() {
      if (!probe.running) return;
      probe.samples.push(probe.look());
      requestAnimationFrame(probe.watch);
    },
    stop() {
      probe.running = false;
      return probe.samples;
    },
  };
  window.frameProbe = probe;
  requestAnimationFrame(probe.watch);
};
