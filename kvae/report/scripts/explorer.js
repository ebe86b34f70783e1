// The explorer of a run: connects its parts. It stays hidden if an error occurs.

const WALK = 9; // pictures of a walk

class Explorer {
  constructor(facts, arrays) {
    Object.assign(this, { facts, arrays, codes: arrays.z });
    [this.n, this.d] = arrays.z.shape;
    this.kl = arrays.kl ? arrays.kl.data : null;
    this.why = facts.why;
    this.decode = facts.program ? this.checked(decoderOf(facts.program, arrays.weights.data)) : null;
    this.view = facts.is_image ? new Images(this) : new Rows(this);
    const decodes = this.decode !== null;
    this.view.build({ reconstruction: decodes || Boolean(arrays.x_hat), decoded: decodes });
    this.plane = new Plane(element("points"), element("marks"), placesInPlane(this.codes, facts.plane), {
      onHover: (number) => this.look(number < 0 ? this.chosen : number),
      onChoose: (number) => this.choose(number),
    });
    this.buildColours();
    this.buildButtons();
    if (this.decode) this.buildDecoding();
    else this.withoutDecoding();
    element("names").textContent = `Across: ${facts.plane.names[0]}. Up: ${facts.plane.names[1]}.`;
    [this.from, this.to] = [0, this.furthest(0)];
    this.choose(0);
    this.walk(0);
  }

  // The decoder, if its results equal those of the model; else null, with the reason in `why`.
  checked(decode) {
    const { check_z: codes, check_x: expected } = this.arrays;
    this.deviation = deviation(decode, codes, expected);
    if (this.deviation <= TOLERANCE) return decode;
    this.why = `the page computes other numbers than the model, with a difference of ${figure(this.deviation)}`;
    return null;
  }

  // The observation whose code is the furthest from that of another.
  furthest(number) {
    const from = this.code(number);
    const square = (i) => this.code(i).reduce((sum, z, j) => sum + (z - from[j]) ** 2, 0);
    const distances = Array.from({ length: this.n }, (_, i) => square(i));
    return distances.reduce((best, distance, i) => (distance > distances[best] ? i : best), 0);
  }

  code(number) {
    return this.codes.data.subarray(number * this.d, (number + 1) * this.d);
  }

  buildColours() {
    const select = element("colour");
    this.facts.colourings.forEach(({ name }, i) => select.add(new Option(name, i)));
    const paint = () => {
      const chosen = this.facts.colourings[select.value];
      const values = chosen ? this.valuesOf(chosen) : new Array(this.n).fill(0);
      const by = chosen ? { ...chosen, values } : { values, names: ["observations"] };
      const { colours, legend, of } = colouring(by, this.facts.palette);
      element("legend").replaceChildren(...legend.map(({ colour, text }) => {
        const item = document.createElement("li");
        const patch = document.createElement("span");
        patch.style.background = colour;
        item.append(patch, text);
        return item;
      }));
      this.plane.paint({ colours, of });
    };
    select.addEventListener("change", paint);
    select.parentElement.hidden = this.facts.colourings.length === 0;
    paint();
  }

  valuesOf({ array, column }) {
    const { data, shape } = this.arrays[array];
    if (column === undefined) return data;
    const [offset, divisor] = [this.arrays.offset.data[column], this.arrays.divisor.data[column]];
    return Float64Array.from({ length: this.n }, (_, i) => data[i * shape[1] + column] * divisor + offset);
  }

  buildButtons() {
    element("in").addEventListener("click", () => this.plane.magnify(1.5));
    element("out").addEventListener("click", () => this.plane.magnify(1 / 1.5));
    element("all").addEventListener("click", () => this.plane.reset());
  }

  buildDecoding() {
    const { dimensions, active } = usedDimensions(this.codes, this.kl);
    element("used").textContent = active
      ? `${active} of ${this.d} latent dimensions are in use.` : `None of ${this.d} latent dimensions is in use.`;
    element("kl").hidden = this.kl === null;
    this.sliders = new Sliders(element("sliders"), element("more"), {
      dimensions, codes: this.codes, kl: this.kl, onMove: () => this.moved(),
    });
    const random = drawnCodes(this.d);
    const set = (z) => { this.sliders.set(z); this.moved(); };
    element("zero").addEventListener("click", () => set(new Float64Array(this.d)));
    element("random").addEventListener("click", () => set(random.next().value));
    element("back").addEventListener("click", () => set(this.code(this.chosen)));
    element("from").addEventListener("click", () => { this.from = this.chosen; this.walk(0); });
    element("to").addEventListener("click", () => { this.to = this.chosen; this.walk(1); });
    element("along").addEventListener("input", (event) => {
      this.sliders.set(this.between(Number(event.target.value)));
      this.moved();
    });
  }

  withoutDecoding() {
    element("why").textContent = `No sliders: ${this.why}.`;
    element("why").hidden = false;
    for (const name of ["decoding", "walk"]) element(name).hidden = true;
  }

  // The code at a share of the line from one observation to the other.
  between(share) {
    const [from, to] = [this.code(this.from), this.code(this.to)];
    return Float64Array.from(from, (value, i) => value + share * (to[i] - value));
  }

  walk(share) {
    if (!this.decode) return;
    const shares = Array.from({ length: WALK }, (_, i) => i / (WALK - 1));
    const codes = shares.map((one) => this.between(one));
    this.view.strip(element("strip"), codes.map((z) => this.decode(z)));
    element("along").value = share;
    element("ends").textContent = `From ${this.called(this.from)} to ${this.called(this.to)}, in a straight line between their codes.`;
    if (!this.facts.plane.by_row) this.plane.show({ path: [codes[0], codes[WALK - 1]].map((z) => inPlane(z, this.facts.plane)) });
  }

  called(number) {
    return this.facts.ids ? this.facts.ids[number] : `row ${this.arrays.rows.data[number]}`;
  }

  // The name, label, score and classes of an observation, in words.
  words(number) {
    const texts = this.facts.colourings.filter(({ column }) => column === undefined).map((by) => {
      const value = this.valuesOf(by)[number];
      if (by.names) return `${by.name} ${value < 0 ? "none" : by.names[value]}`;
      return `${by.name} ${figure(value)}${by.unit ? ` ${by.unit}` : ""}`;
    });
    return [this.called(number), ...texts].join(" · ");
  }

  // Show an observation, and what its code decodes to.
  look(number) {
    this.looked = number;
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      element("row").textContent = this.words(this.looked);
      this.view.original(this.looked);
      if (this.decode) this.view.decoded("reconstruction", this.decode(this.code(this.looked)));
      else if (this.arrays.x_hat) this.view.kept("reconstruction", this.arrays.x_hat, this.looked);
    });
  }

  // Choose an observation, and set the sliders to its code.
  choose(number) {
    this.chosen = number;
    this.plane.show({ chosen: number });
    this.look(number);
    element("said").textContent = this.words(number);
    if (this.decode) {
      this.sliders.set(this.code(number));
      this.moved();
    }
  }

  // Decode the code of the sliders, after they have moved.
  moved() {
    if (this.moving) return;
    this.moving = true;
    requestAnimationFrame(() => {
      this.moving = false;
      this.result = this.decode(this.sliders.z);
      this.view.decoded("decoded", this.result);
      if (!this.facts.plane.by_row) this.plane.show({ code: inPlane(this.sliders.z, this.facts.plane) });
    });
  }
}

async function explore() {
  const facts = JSON.parse(element("facts").textContent);
  const arrays = await unpackedArrays(facts.arrays, element("numbers").textContent);
  for (const hidden of document.querySelectorAll("[data-explore]")) hidden.hidden = false;
  return new Explorer(facts, arrays);
}

window.kvaeExplorer = explore().catch((error) => {
  for (const shown of document.querySelectorAll("[data-explore]")) shown.hidden = true;
  return { failed: String(error) };
});
