"""Every layer of Keras in an encoder and in a decoder: how it is made, or why it cannot stand there."""

import keras
from keras import layers as L

SIZE = 24
VECTOR, SEQUENCE, IMAGE, VOLUME, FRAMES = (24,), (8, 3), (4, 2, 3), (2, 2, 2, 3), (2, 2, 2, 3)


def same(make):
    """A layer of one input."""
    return lambda h: make()(h)


def with_itself(make):
    """A layer of two inputs, given one twice, the second time by way of a layer with weights."""
    return lambda h: make()([h, L.Dense(h.shape[-1])(h)])


def as_numbers(h):
    """Activities as integers from 0 to 3, which have no gradient."""
    return keras.ops.cast(3.0 * keras.ops.sigmoid(h), "int32")


# The shape that a layer is given, and what makes its output of that.
CASES = {
    "Activation": (VECTOR, same(lambda: L.Activation("tanh"))),
    "ActivityRegularization": (VECTOR, same(lambda: L.ActivityRegularization(0.1, 0.2))),
    "AlphaDropout": (VECTOR, same(lambda: L.AlphaDropout(0.3))),
    "BatchNormalization": (VECTOR, same(lambda: L.BatchNormalization(momentum=0.7))),
    "CategoryEncoding": (VECTOR, lambda h: L.CategoryEncoding(4, output_mode="count")(as_numbers(h))),
    "Dense": (VECTOR, same(lambda: L.Dense(7, "relu", kernel_regularizer="l2", activity_regularizer="l1"))),
    "Discretization": (VECTOR, same(lambda: L.Discretization([0.2, 0.6], output_mode="multi_hot"))),
    "Dropout": (VECTOR, same(lambda: L.Dropout(0.4))),
    "ELU": (VECTOR, same(L.ELU)),
    "EinsumDense": (SEQUENCE, same(lambda: L.EinsumDense("abc,cd->abd", (8, 5), bias_axes="d"))),
    "Embedding": (VECTOR, lambda h: L.Embedding(4, 2, embeddings_regularizer="l2")(as_numbers(h))),
    "Flatten": (IMAGE, same(L.Flatten)),
    "GaussianDropout": (VECTOR, same(lambda: L.GaussianDropout(0.3))),
    "GaussianNoise": (VECTOR, same(lambda: L.GaussianNoise(0.3))),
    "Hashing": (VECTOR, lambda h: keras.ops.cast(L.Hashing(5)(as_numbers(h)), "float32")),
    "Identity": (VECTOR, same(L.Identity)),
    "IntegerLookup": (VECTOR, lambda h: L.IntegerLookup(vocabulary=[0, 1, 2], output_mode="count")(as_numbers(h))),
    "Lambda": (VECTOR, same(lambda: L.Lambda(lambda h: h - keras.ops.mean(h, axis=0)))),
    "LeakyReLU": (VECTOR, same(L.LeakyReLU)),
    "Masking": (SEQUENCE, lambda h: L.SimpleRNN(3)(L.Masking(0.0)(L.ReLU()(h - 0.5)))),
    "Normalization": (VECTOR, same(lambda: L.Normalization(mean=0.2, variance=2.0))),
    "PReLU": (VECTOR, same(lambda: L.PReLU(alpha_regularizer="l1"))),
    "ReLU": (VECTOR, same(L.ReLU)),
    "RepeatVector": (VECTOR, same(lambda: L.RepeatVector(2))),
    "Rescaling": (VECTOR, same(lambda: L.Rescaling(0.5, -0.1))),
    "Reshape": (VECTOR, same(lambda: L.Reshape((2, 12)))),
    "ReversibleEmbedding": (VECTOR, lambda h: L.ReversibleEmbedding(4, 2)(as_numbers(h))),
    "Softmax": (VECTOR, same(L.Softmax)),
    "SpectralNormalization": (VECTOR, same(lambda: L.SpectralNormalization(L.Dense(5)))),
    "UnitNormalization": (VECTOR, same(L.UnitNormalization)),
    # of two inputs
    "Add": (VECTOR, with_itself(L.Add)),
    "AdditiveAttention": (SEQUENCE, with_itself(lambda: L.AdditiveAttention(dropout=0.2))),
    "Attention": (SEQUENCE, with_itself(lambda: L.Attention(use_scale=True, dropout=0.2))),
    "Average": (VECTOR, with_itself(L.Average)),
    "Concatenate": (VECTOR, with_itself(L.Concatenate)),
    "Dot": (SEQUENCE, with_itself(lambda: L.Dot(axes=2))),
    "GroupQueryAttention": (SEQUENCE, lambda h: L.GroupQueryAttention(2, 4, 2, dropout=0.2)(h, h)),
    "Maximum": (VECTOR, with_itself(L.Maximum)),
    "Minimum": (VECTOR, with_itself(L.Minimum)),
    "MultiHeadAttention": (SEQUENCE, lambda h: L.MultiHeadAttention(2, 3, dropout=0.2)(h, h)),
    "Multiply": (VECTOR, with_itself(L.Multiply)),
    "Subtract": (VECTOR, with_itself(L.Subtract)),
    # of sequences
    "AdaptiveAveragePooling1D": (SEQUENCE, same(lambda: L.AdaptiveAveragePooling1D(3))),
    "AdaptiveMaxPooling1D": (SEQUENCE, same(lambda: L.AdaptiveMaxPooling1D(3))),
    "AveragePooling1D": (SEQUENCE, same(lambda: L.AveragePooling1D(2))),
    "Bidirectional": (SEQUENCE, same(lambda: L.Bidirectional(L.LSTM(2, dropout=0.3, recurrent_dropout=0.2)))),
    "Conv1D": (SEQUENCE, same(lambda: L.Conv1D(2, 3, bias_regularizer="l1"))),
    "Conv1DTranspose": (SEQUENCE, same(lambda: L.Conv1DTranspose(2, 3))),
    "Cropping1D": (SEQUENCE, same(L.Cropping1D)),
    "DepthwiseConv1D": (SEQUENCE, same(lambda: L.DepthwiseConv1D(3))),
    "GRU": (SEQUENCE, same(lambda: L.GRU(3, dropout=0.3, recurrent_dropout=0.2))),
    "GlobalAveragePooling1D": (SEQUENCE, same(L.GlobalAveragePooling1D)),
    "GlobalMaxPooling1D": (SEQUENCE, same(L.GlobalMaxPooling1D)),
    "LSTM": (SEQUENCE, same(lambda: L.LSTM(3, dropout=0.3, kernel_regularizer="l2"))),
    "LayerNormalization": (SEQUENCE, same(L.LayerNormalization)),
    "MaxPooling1D": (SEQUENCE, same(L.MaxPooling1D)),
    "Permute": (SEQUENCE, same(lambda: L.Permute((2, 1)))),
    "RMSNormalization": (SEQUENCE, same(L.RMSNormalization)),
    "RNN": (SEQUENCE, same(lambda: L.RNN([L.GRUCell(3, dropout=0.2), L.LSTMCell(2), L.SimpleRNNCell(2)]))),
    "STFTSpectrogram": (VECTOR, lambda h: L.STFTSpectrogram(frame_length=8, frame_step=4)(L.Reshape((24, 1))(h))),
    "MelSpectrogram": (
        VECTOR,
        same(lambda: L.MelSpectrogram(8, 4, 8, sampling_rate=16, max_freq=8, min_freq=1, num_mel_bins=4)),
    ),
    "SeparableConv1D": (SEQUENCE, same(lambda: L.SeparableConv1D(2, 3))),
    "SimpleRNN": (SEQUENCE, same(lambda: L.SimpleRNN(3, recurrent_dropout=0.3))),
    "SpatialDropout1D": (SEQUENCE, same(lambda: L.SpatialDropout1D(0.4))),
    "TimeDistributed": (SEQUENCE, same(lambda: L.TimeDistributed(L.BatchNormalization(momentum=0.6)))),
    "UpSampling1D": (SEQUENCE, same(L.UpSampling1D)),
    "ZeroPadding1D": (SEQUENCE, same(L.ZeroPadding1D)),
    # of images
    "AdaptiveAveragePooling2D": (IMAGE, same(lambda: L.AdaptiveAveragePooling2D(2))),
    "AdaptiveMaxPooling2D": (IMAGE, same(lambda: L.AdaptiveMaxPooling2D(2))),
    "AugMix": (IMAGE, same(lambda: L.AugMix((0, 1)))),
    "AutoContrast": (IMAGE, same(lambda: L.AutoContrast((0, 1)))),
    "AveragePooling2D": (IMAGE, same(lambda: L.AveragePooling2D(2))),
    "CenterCrop": (IMAGE, same(lambda: L.CenterCrop(2, 2))),
    "Conv2D": (IMAGE, same(lambda: L.Conv2D(2, 2, kernel_regularizer="l2"))),
    "Conv2DTranspose": (IMAGE, same(lambda: L.Conv2DTranspose(2, 2))),
    "Cropping2D": (IMAGE, same(lambda: L.Cropping2D((1, 0)))),
    "DepthwiseConv2D": (IMAGE, same(lambda: L.DepthwiseConv2D(2))),
    "GlobalAveragePooling2D": (IMAGE, same(L.GlobalAveragePooling2D)),
    "GlobalMaxPooling2D": (IMAGE, same(L.GlobalMaxPooling2D)),
    "GroupNormalization": (IMAGE, same(lambda: L.GroupNormalization(3))),
    "MaxPooling2D": (IMAGE, same(L.MaxPooling2D)),
    "Pipeline": (IMAGE, same(lambda: L.Pipeline([L.RandomFlip(), L.RandomTranslation(0.2, 0.2)]))),
    "RandAugment": (IMAGE, same(lambda: L.RandAugment((0, 1)))),
    "RandomBrightness": (IMAGE, same(lambda: L.RandomBrightness(0.3, (0, 1)))),
    "RandomColorDegeneration": (IMAGE, same(lambda: L.RandomColorDegeneration(0.5, (0, 1)))),
    "RandomColorJitter": (IMAGE, same(lambda: L.RandomColorJitter((0, 1), 0.2, 0.2, 0.2, 0.1))),
    "RandomContrast": (IMAGE, same(lambda: L.RandomContrast(0.3, (0, 1)))),
    "RandomCrop": (IMAGE, same(lambda: L.RandomCrop(2, 2))),
    "RandomElasticTransform": (IMAGE, same(lambda: L.RandomElasticTransform(value_range=(0, 1)))),
    "RandomErasing": (IMAGE, same(lambda: L.RandomErasing(value_range=(0, 1)))),
    "RandomFlip": (IMAGE, same(L.RandomFlip)),
    "RandomGaussianBlur": (IMAGE, same(lambda: L.RandomGaussianBlur(value_range=(0, 1)))),
    "RandomGrayscale": (IMAGE, same(lambda: L.RandomGrayscale(0.5))),
    "RandomHue": (IMAGE, same(lambda: L.RandomHue(0.3, (0, 1)))),
    "RandomInvert": (IMAGE, same(lambda: L.RandomInvert(0.5, (0, 1)))),
    "RandomPerspective": (IMAGE, same(L.RandomPerspective)),
    "RandomPosterization": (IMAGE, same(lambda: L.RandomPosterization(4, (0, 1)))),
    "RandomRotation": (IMAGE, same(lambda: L.RandomRotation(0.2))),
    "RandomSaturation": (IMAGE, same(lambda: L.RandomSaturation(0.3, (0, 1)))),
    "RandomSharpness": (IMAGE, same(lambda: L.RandomSharpness(0.3, (0, 1)))),
    "RandomShear": (IMAGE, same(lambda: L.RandomShear(0.2, 0.2))),
    "RandomTranslation": (IMAGE, same(lambda: L.RandomTranslation(0.2, 0.2))),
    "RandomZoom": (IMAGE, same(lambda: L.RandomZoom(0.2))),
    "Resizing": (IMAGE, same(lambda: L.Resizing(3, 3))),
    "SeparableConv2D": (IMAGE, same(lambda: L.SeparableConv2D(2, 2))),
    "Solarization": (IMAGE, same(lambda: L.Solarization(0.1, 0.5, (0, 1)))),
    "SpatialDropout2D": (IMAGE, same(lambda: L.SpatialDropout2D(0.4))),
    "UpSampling2D": (IMAGE, same(L.UpSampling2D)),
    "ZeroPadding2D": (IMAGE, same(L.ZeroPadding2D)),
    "ContrastLimitedAdaptiveHistogramEqualization": (
        IMAGE,
        same(lambda: L.ContrastLimitedAdaptiveHistogramEqualization((0, 1), tile_grid_size=(2, 2))),
    ),
    # of volumes and films
    "AdaptiveAveragePooling3D": (VOLUME, same(lambda: L.AdaptiveAveragePooling3D(1))),
    "AveragePooling3D": (VOLUME, same(lambda: L.AveragePooling3D(2))),
    "Conv3D": (VOLUME, same(lambda: L.Conv3D(2, 2))),
    "Conv3DTranspose": (VOLUME, same(lambda: L.Conv3DTranspose(2, 2))),
    "ConvLSTM1D": (IMAGE, same(lambda: L.ConvLSTM1D(2, 2, dropout=0.2))),
    "ConvLSTM2D": (FRAMES, same(lambda: L.ConvLSTM2D(2, 2, recurrent_dropout=0.2))),
    "ConvLSTM3D": (SEQUENCE, lambda h: L.ConvLSTM3D(2, 1)(L.Reshape((2, 2, 2, 1, 3))(h))),
    "Cropping3D": (VOLUME, same(lambda: L.Cropping3D(((1, 0), (0, 0), (0, 0))))),
    "GlobalAveragePooling3D": (VOLUME, same(L.GlobalAveragePooling3D)),
    "GlobalMaxPooling3D": (VOLUME, same(L.GlobalMaxPooling3D)),
    "MaxPooling3D": (VOLUME, same(L.MaxPooling3D)),
    "SpatialDropout3D": (VOLUME, same(lambda: L.SpatialDropout3D(0.4))),
    "UpSampling3D": (VOLUME, same(L.UpSampling3D)),
    "ZeroPadding3D": (VOLUME, same(L.ZeroPadding3D)),
}

EXCLUDED = {
    **dict.fromkeys(["Layer", "Wrapper", "InputSpec"], "a base, which does nothing by itself"),
    **dict.fromkeys(["GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"], "stands within RNN, as there"),
    **dict.fromkeys(["Input", "InputLayer"], "every network begins with one"),
    **dict.fromkeys(["deserialize", "serialize"], "no layer"),
    **dict.fromkeys(["StringLookup", "TextVectorization"], "takes text"),
    **dict.fromkeys(
        ["JaxLayer", "FlaxLayer"], "computes with JAX, in no TensorFlow graph without the jax package"
    ),
    "TorchModuleWrapper": "computes with PyTorch, in no TensorFlow graph",
    "TFSMLayer": "infers only: it has nothing to train",
    **dict.fromkeys(["MixUp", "CutMix"], "mixes observations with their labels, which a VAE has none of"),
    "AdaptiveMaxPooling3D": "ends the process: TensorFlow divides by 0 in the pooling that Keras asks it for",
    "Equalization": "cannot be called on a keras.Input: Keras finds a cycle in its graph",
    "MaxNumBoundingBoxes": "takes boxes, not images",
    "HashedCrossing": "takes a tuple of categories, each a column",
}


def network(name, n_in, heads):
    """A Keras model from `(batch, n_in)` by way of layer `name` to outputs of as many columns as `heads` say."""
    shape, make = CASES[name]
    x = keras.Input((n_in,))
    h = L.Reshape(shape)(L.Dense(SIZE, "sigmoid")(x))
    h = L.Flatten()(make(h))
    outputs = [L.Dense(n)(h) for n in heads]
    return keras.Model(x, outputs if len(outputs) > 1 else outputs[0])


def aliases():
    """Names of `keras.layers` that are another name of a class, and functions that make a layer."""
    found = {}
    for name in names():
        it = getattr(L, name)
        if isinstance(it, type) and it.__name__ != name and hasattr(L, it.__name__):
            found[name] = it.__name__
        elif name.islower() and isinstance(getattr(L, name.capitalize(), None), type):
            found[name] = name.capitalize()
    return found


def names():
    """What `keras.layers` has."""
    return [name for name in dir(L) if not name.startswith("_")]
