// Observations that are images, on canvases.

// Draw an image with values in [low, high], ordered by rows, columns and channels.
function drawImage(canvas, values, [height, width, channels], { low, high, dark_is_high: ink }) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = values[i * channels + (channels === 1 ? 0 : channel)];
      const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
      image.data[4 * i + channel] = Math.round(255 * (ink && channels === 1 ? 1 - share : share));
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const LEVELS = 63; // of a thumbnail: see kvae/explorer/observations.py

// The view of the explorer for observations that are images.
class Images {
  constructor({ facts, arrays }) {
    Object.assign(this, { facts, x: arrays.x });
  }

  canvas(name) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    return canvas;
  }

  // Make the canvases of the original, its reconstruction, and the image at the sliders.
  build(shown) {
    this.places = Object.fromEntries(["original", "reconstruction", "decoded"].map((name) => {
      const place = element(name);
      const canvas = this.canvas(place.dataset.name);
      place.append(canvas);
      place.parentElement.hidden = name !== "original" && !shown[name];
      return [name, canvas];
    }));
  }

  original(number) {
    this.kept("original", this.x, number);
  }

  // Show one of the stored images.
  kept(name, images, number) {
    const shape = this.facts.thumbnail;
    const n = sizeOf(shape);
    const bytes = images.data.subarray(number * n, (number + 1) * n);
    drawImage(this.places[name], bytes, shape, { ...this.facts, low: 0, high: LEVELS });
  }

  decoded(name, [mean]) {
    drawImage(this.places[name], mean.data, this.facts.shape, this.facts);
  }

  // The images along a walk, in a strip.
  strip(place, outputs) {
    place.replaceChildren(...outputs.map(([mean], i) => {
      const canvas = this.canvas(`${i + 1} of ${outputs.length}`);
      drawImage(canvas, mean.data, this.facts.shape, this.facts);
      return canvas;
    }));
  }
}
