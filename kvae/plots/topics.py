"""The words of topics: as images if words are pixels, else as a map of topics by words."""

import math

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.observations import is_image, show_image
from kvae.plots.style import figure
from kvae.runs.captions import Caption, shows

MOST = 3.0  # the power of two at each end of the colour scale
MANY_WORDS = 60


@shows(
    topics=Caption(
        "Words of the topics",
        "How much more often (red) or less often (blue) each topic uses a word, a column here, than topics do on "
        "average, in powers of two. Of many words, those that tell most about the topic are shown, in the order "
        "of the topic that uses them most. Words that are pixels are drawn as an image per topic.",
        "Map of words by topics",
        place=85,
    )
)
def topics(words: np.ndarray) -> Figure:
    """p(word | topic) `(K, *shape)` of one modality: images, or a map relative to the mean of all topics.

    Args:
        words: The probabilities of words for every topic, in the shape of the data.
    """
    shape = (*words.shape[1:], 1) if words.ndim == 3 else words.shape[1:]
    if is_image(shape):
        across = min(5, len(words))
        down = math.ceil(len(words) / across)
        fig, axes = figure(1.5 * across, 1.7 * down, down, across)
        for axis in axes.flat:
            axis.set_axis_off()
        for k, (axis, image) in enumerate(zip(axes.flat, words.reshape(len(words), *shape), strict=False)):
            show_image(axis, image, 0.0, float(image.max()))
            axis.set_title(f"{k}", fontsize=9)
        return fig
    table = words.reshape(len(words), -1)
    lift = np.log2(np.maximum(table, 1e-300) / np.maximum(table.mean(axis=0), 1e-300))
    fig, axes = figure(7, 1.2 + 0.25 * len(table))
    axis = axes[0, 0]
    shown = telling(table, lift) if table.shape[1] > MANY_WORDS else np.arange(table.shape[1])
    image = axis.imshow(lift[:, shown], cmap="RdBu_r", vmin=-MOST, vmax=MOST, aspect="auto")
    axis.set(xlabel="word", ylabel="topic")
    step = -(-len(shown) // (MANY_WORDS // 2))
    axis.set_xticks(range(0, len(shown), step), [f"{word}" for word in shown[::step]], rotation=90, fontsize=7)
    axis.set_yticks(range(len(table)) if len(table) <= 20 else [0, len(table) - 1])
    fig.colorbar(image, ax=axis, label="log2 of p(word | topic) / mean")
    return fig


def telling(words: np.ndarray, lift: np.ndarray) -> np.ndarray:
    """The indices of the words that tell most about the topic, ordered by the topic that uses them most.

    If all topics are equally frequent, the contribution of a word to the mutual information of words and topics is
    sum_k p(word | k) log(p(word | k) / p(word)) / K.
    """
    chosen = np.argsort(-(words * lift).sum(axis=0), kind="stable")[:MANY_WORDS]
    return chosen[np.lexsort((chosen, words[:, chosen].argmax(axis=0)))]
