"""The share of predicted digits that a classifier of real digits assigns to the label of the row.

    python run.py network=vae_gmm_mlda data.path=serket_tutorial.npz hydra.run.dir=learnt
    python run.py network=vae_gmm_mlda data.path=serket_tutorial.npz format=npy mode=generate mode.run=learnt "mode.source=[speech]" mode.target=images hydra.run.dir=seen
    python -m benchmarks.missing_modality mnist.npz serket_tutorial.npz seen/module001_vae1/x_generate.npy

The classifier is trained on the 60,000 digits of `x_train` in MNIST's own file. The predicted rows are the last ones of
the data, which are held out. For comparison, the same share is printed for the real images of these rows, and for the
labels of other rows.
"""  # noqa: E501

import sys

import keras
import numpy as np


def classifier(path: str) -> keras.Model:
    """A convolutional network, trained for two passes; prints its accuracy on test digits."""
    keras.utils.set_random_seed(0)
    with np.load(path) as mnist:
        x, y, x_test, y_test = (mnist[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    model = keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
            keras.layers.Conv2D(32, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(as_input(x), y, batch_size=128, epochs=2, verbose=0)
    print(f"real test digits of MNIST    {share(model, x_test, y_test):.3f}")
    return model


def as_input(images: np.ndarray) -> np.ndarray:
    """Images with values from 0 to 255 as the input of the classifier."""
    return images.reshape(-1, 28, 28, 1).astype(np.float32) / 255


def share(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images whose predicted class is their label."""
    return float(np.mean(model.predict(as_input(images), batch_size=500, verbose=0).argmax(axis=1) == labels))


def main(mnist: str, data: str, predicted: str) -> None:
    """Print the shares."""
    model, x_hat = classifier(mnist), np.load(predicted)
    with np.load(data) as arrays:
        images, labels = arrays["images"][-len(x_hat) :], arrays["labels"][-len(x_hat) :]
    print(f"real images of these rows    {share(model, images, labels):.3f}")
    print(f"predicted from speech        {share(model, x_hat, labels):.3f}")
    of_each = [share(model, x_hat[labels == k], labels[labels == k]) for k in range(10)]
    print(f"of each digit, from 0        {' '.join(f'{one:.2f}' for one in of_each)}")
    print(f"with labels of other rows    {share(model, x_hat, np.roll(labels, 3)):.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
