/**
 * Watches a studio of several views: at every animation frame, which tick it says it shows, which frame the barcode
 * of each view's picture says it is (null where there is none to read), and whether the mark of that frame, and of no
 * neighbour, is drawn over it. The layout of the barcode is told in tests/fixtures/barcode.py; marks lie where
 * `markOf` says.
 */
(markOf) => {
  const root = document.querySelector("[data-presented-tick]");
  const place = new Function("n", `return ${markOf}`);

  const pixelOf = (surface, x, y) => {
    const [scale, offsetX, offsetY] = surface.dataset.view.split(" ").map(Number);
    const device = window.devicePixelRatio;
    return [Math.round((offsetX + (x + 0.5) * scale) * device), Math.round((offsetY + (y + 0.5) * scale) * device)];
  };

  const readBarcode = (surface, canvas) => {
    const [left, top] = pixelOf(surface, 16, 16);
    const [right, bottom] = pixelOf(surface, 144, 64);
    const width = right - left;
    const { data } = canvas.getContext("2d").getImageData(left, top, width, bottom - top);
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

  const isMarked = (surface, canvas, n) => {
    const [x, y] = pixelOf(surface, ...place(n));
    return canvas.getContext("2d").getImageData(x, y, 1, 1).data[3] > 0;
  };

  const lookAt = (cell) => {
    const surface = cell.querySelector("[data-testid=surface]");
    const overlay = cell.querySelector("[data-testid=overlay-canvas]");
    const video = cell.querySelector("[data-testid=video-canvas]");
    const barcode = readBarcode(surface, video);
    const neighbours = barcode === null ? [] : [barcode - 1, barcode + 1].filter((n) => n >= 0);
    return {
      barcode,
      said: video.dataset.frame,
      marked: barcode !== null && isMarked(surface, overlay, barcode),
      stale: neighbours.filter((n) => isMarked(surface, overlay, n)),
    };
  };

  const probe = {
    samples: [],
    running: true,
    look() {
      const views = {};
      for (const cell of document.querySelectorAll(".st-cell[data-view-name]:not(.absent)")) {
        views[cell.dataset.viewName] = lookAt(cell);
      }
      return { tick: Number(root.dataset.presentedTick), frame: Number(root.dataset.presentedFrame), views };
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
  window.viewsProbe = probe;
  requestAnimationFrame(probe.watch);
};
