// The decoder of the model as a program, which the page checks against outputs of the model before use.

const OPERATIONS = {
  dense, map, pair, where, softmax, normalize, reduce, reshape, transpose, part, pad, repeat, tile, concatenate,
  stack, take, convolution, transposed_convolution,
};
const TOLERANCE = 1e-4;

// A function from a code, or an input of another shape, to the outputs of a program.
function decoderOf(program, weights, shape = null) {
  const own = (entry) => (entry instanceof Object && Object.hasOwn(entry, "at")
    ? { shape: entry.shape, data: weights.subarray(entry.at, entry.at + sizeOf(entry.shape)) } : entry);
  const steps = program.steps.map((step) => Object.fromEntries(Object.entries(step).map(([name, entry]) => [name, own(entry)])));
  return (z) => {
    const memory = [tensor(shape || [z.length], Float64Array.from(z))];
    for (const step of steps) memory[step.out] = OPERATIONS[step.op](step.in.map((place) => memory[place]), step);
    return program.outputs.map((place) => memory[place]);
  };
}

// The largest difference from the outputs of the model: absolute up to 1, relative for larger numbers.
function deviation(decode, codes, expected) {
  const [n, d] = codes.shape;
  const size = expected.data.length / n;
  let most = 0;
  for (let i = 0; i < n; i += 1) {
    const [found] = decode(codes.data.subarray(i * d, (i + 1) * d));
    if (found.data.length !== size) return Infinity;
    for (let j = 0; j < size; j += 1) {
      const value = expected.data[i * size + j];
      const away = Math.abs(found.data[j] - value) / Math.max(1, Math.abs(value));
      most = Number.isNaN(away) ? Infinity : Math.max(most, away);
    }
  }
  return most;
}
