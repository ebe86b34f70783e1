// Functions of one number and of two, by their names in a program.

const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

// Abramowitz and Stegun (1964), equation 7.1.26: error at most 1.5e-7.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

// Round to the nearest whole number, halves to the even one, as Keras does.
function roundEven(x) {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(x);
}

function relu({ slope = 0, threshold = 0, largest = null }) {
  return (x) => {
    const y = x > threshold ? x : slope * (x - threshold);
    return largest === null ? y : Math.min(y, largest);
  };
}

// From the settings of a step to a function of one number.
const FUNCTIONS = {
  relu,
  relu6: () => (x) => Math.min(Math.max(x, 0), 6),
  leaky_relu: ({ slope = 0.2 }) => (x) => (x > 0 ? x : slope * x),
  elu: ({ alpha = 1 }) => (x) => (x > 0 ? x : alpha * Math.expm1(x)),
  selu: () => (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  gelu: ({ approximate = false }) => (approximate
    ? (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x ** 3)))
    : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2))),
  silu: () => (x) => x * sigmoid(x),
  mish: () => (x) => x * Math.tanh(softplus(x)),
  softsign: () => (x) => x / (1 + Math.abs(x)),
  hard_sigmoid: () => (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
  sigmoid: () => sigmoid,
  log_sigmoid: () => (x) => -softplus(-x),
  softplus: () => softplus,
  tanh: () => Math.tanh,
  exp: () => Math.exp,
  expm1: () => Math.expm1,
  log: () => Math.log,
  log1p: () => Math.log1p,
  negative: () => (x) => -x,
  absolute: () => Math.abs,
  square: () => (x) => x * x,
  sqrt: () => Math.sqrt,
  rsqrt: () => (x) => 1 / Math.sqrt(x),
  reciprocal: () => (x) => 1 / x,
  sinh: () => Math.sinh,
  cosh: () => Math.cosh,
  arcsinh: () => Math.asinh,
  erf: () => erf,
  sign: () => Math.sign,
  floor: () => Math.floor,
  round: () => roundEven,
  clip: ({ least, most }) => (x) => Math.min(Math.max(x, least), most),
};

const PAIRS = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  maximum: Math.max,
  minimum: Math.min,
  power: (x, y) => x ** y,
  greater: (x, y) => (x > y ? 1 : 0),
  greater_equal: (x, y) => (x >= y ? 1 : 0),
  less: (x, y) => (x < y ? 1 : 0),
  less_equal: (x, y) => (x <= y ? 1 : 0),
  slope: (x, y) => (x < 0 ? x * y : x),
};

const REDUCTIONS = {
  sum: { begin: 0, add: (total, x) => total + x },
  mean: { begin: 0, add: (total, x) => total + x },
  max: { begin: -Infinity, add: Math.max },
  min: { begin: Infinity, add: Math.min },
};
