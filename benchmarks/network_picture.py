"""`python -m benchmarks.network_picture RUN PICTURE`: a learnt network in four pictures side by side.

Codes before any message and after the last, the classes of the highest module, and accuracy by round.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

WIDTH, DPI = 13.0, 80


def found(run: Path) -> dict[str, Path]:
    """The pictures in the folder of a learnt network, by title."""
    (before,), (after,) = run.glob("module*/latent_round1.png"), run.glob("module*/latent_learn.png")
    highest = max(run.glob("module*/confusion_learn.png"))
    name = highest.parent.name.partition("_")[2]
    return {
        "codes before any message": before,
        "codes after the last round": after,
        f"classes of {name}": highest,
        "accuracy": run / "accuracy.png",
    }


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network_picture", description=__doc__)
    parser.add_argument("run", type=Path, help="the folder of a learnt network")
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    images = {title: plt.imread(path) for title, path in found(arguments.run).items()}
    shares = [image.shape[1] / image.shape[0] for image in images.values()]
    fig, axes = plt.subplots(
        1, len(images), figsize=(WIDTH, WIDTH / sum(shares) + 0.3), width_ratios=shares, layout="constrained"
    )
    for axis, (title, image) in zip(axes, images.items(), strict=True):
        axis.imshow(image, interpolation="antialiased")
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    fig.savefig(arguments.picture, dpi=DPI, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
