// Convolutions and their transposes of images, with channels last; a sequence is an image of one row.

// The settings of a step as for two axes; a step with one axis gets another of length 1.
function asImage(x, step) {
  const two = (pair, one) => (pair.length === 2 ? pair : [one, ...pair]);
  const spread = (shape, n) => (shape.length === n ? shape : [1, ...shape]);
  return {
    input: spread(x.shape, 3),
    output: spread(step.shape, 3),
    kernel: spread(step.kernel.shape, 4),
    strides: two(step.strides, 1),
    dilation: two(step.dilation, 1),
    before: two(step.before, 0),
  };
}

function withBias(step, n) {
  const out = tensor(step.shape);
  if (step.bias) for (let i = 0; i < out.data.length; i += 1) out.data[i] = step.bias.data[i % n];
  return out;
}

function convolution([x], step) {
  const { input, output, kernel, strides, dilation, before } = asImage(x, step);
  const [height, width, channels] = input;
  const [rows, columns, filters] = output;
  const [high, wide, ofGroup] = kernel;
  const perGroup = filters / step.groups;
  const weights = step.kernel.data;
  const out = withBias(step, filters);
  for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) {
    const to = (row * columns + column) * filters;
    for (let i = 0; i < high; i += 1) for (let j = 0; j < wide; j += 1) {
      const [y, z] = [row * strides[0] - before[0] + i * dilation[0], column * strides[1] - before[1] + j * dilation[1]];
      if (y < 0 || y >= height || z < 0 || z >= width) continue;
      for (let channel = 0; channel < channels; channel += 1) {
        const value = x.data[(y * width + z) * channels + channel];
        if (value === 0) continue;
        const group = Math.floor(channel / ofGroup);
        const from = ((i * wide + j) * ofGroup + (channel % ofGroup)) * filters;
        const end = (group + 1) * perGroup;
        for (let filter = group * perGroup; filter < end; filter += 1) out.data[to + filter] += value * weights[from + filter];
      }
    }
  }
  return out;
}

// Adds the contribution of every input to its window of outputs.
function transposed_convolution([x], step) {
  const { input, output, kernel, strides, dilation, before } = asImage(x, step);
  const [height, width, channels] = input;
  const [rows, columns, filters] = output;
  const [high, wide] = kernel;
  const weights = step.kernel.data;
  const out = withBias(step, filters);
  for (let y = 0; y < height; y += 1) for (let z = 0; z < width; z += 1) {
    for (let i = 0; i < high; i += 1) for (let j = 0; j < wide; j += 1) {
      const [row, column] = [y * strides[0] + i * dilation[0] - before[0], z * strides[1] + j * dilation[1] - before[1]];
      if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
      const to = (row * columns + column) * filters;
      for (let channel = 0; channel < channels; channel += 1) {
        const value = x.data[(y * width + z) * channels + channel];
        if (value === 0) continue;
        const from = ((i * wide + j) * channels + channel) * filters;
        for (let filter = 0; filter < filters; filter += 1) out.data[to + filter] += value * weights[from + filter];
      }
    }
  }
  return out;
}
