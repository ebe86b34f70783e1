// The arrays of the page: compressed in the text of one element, and described in that of another.

const KINDS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };

// All arrays by name, each with its shape. Rejects if the browser cannot decompress them.
async function unpackedArrays(named, text) {
  const packed = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  const arrays = {};
  for (const [name, { kind, at, shape }] of Object.entries(named)) {
    const n = shape.reduce((product, length) => product * length, 1);
    arrays[name] = { shape, data: new KINDS[kind](bytes, at, n) };
  }
  return arrays;
}

const element = (name) => document.getElementById(`explore-${name}`);

const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

// A number as text, with about four digits.
function figure(value) {
  if (!Number.isFinite(value)) return "missing";
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(2);
  const digits = size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}
