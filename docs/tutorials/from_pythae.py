# %% [markdown]
# # From Pythae
#
# For users of Pythae: what to type in kvae, in Python and on the command line.
#
# | Pythae | kvae |
# |---|---|
# | `VAEConfig(input_dim=(1, 28, 28), latent_dim=10)` | `kvae.layers.mlp_encoder((28, 28, 1), latent_dim=10)`: channels come last |
# | `VAE(model_config, encoder, decoder)` | `kvae.VAE(encoder, decoder)` |
# | `BetaVAEConfig(beta=4)` | `KL_param=4` |
# | `reconstruction_loss="bce"`, `"mse"` | `likelihood="bernoulli"`, `"gaussian"` (½ of the summed squared error) |
# | `IWAEConfig(number_samples=8)` | `iwae=True, n_samples=8` |
# | `VAE_LinNF`, `VAMP`, `VQVAE`, `RAE`, ... | not available: [which variant for what](../variants.md#by-the-name-in-the-literature) |
# | `BaseTrainerConfig(num_epochs=20, learning_rate=1e-3, per_device_train_batch_size=100)` | `vae.compile("adam")`, `vae.fit(x, epochs=20, batch_size=100)`, or `train.itr`, `train.learning_rate`, `train.batch_size` |
# | `TrainingPipeline(...)(train_data, eval_data)` | `vae.fit(x, validation_data=test)`, or `python run.py` |
# | `model.encode(x)["embedding"]`, `model.reconstruct(x)` | `vae.encode(x)` returns mean and log-variance, `vae.reconstruct(x)` |
# | `NormalSampler(model).sample(100)` | `vae.generate(100)`, `mode=generate` |
# | `GaussianMixtureSampler` | `mode=generate mode.sampler=gmm` |
# | `model.get_nll(x, n_samples=200)` | `-vae.log_prob(x, n_samples=200)`, `mode=evaluate` |
# | `AutoModel.load_from_folder(...)` | `kvae.open_run(FOLDER)`, `keras.saving.load_model` |
# | callbacks for MLflow, Comet, WandB | `tracking=mlflow`, `tracking=tensorboard` |
#
# The losses agree: both are sums over pixels and latent dimensions, and means over the batch.
#
# ## In Python

# %%
import keras
import numpy as np
from sklearn.datasets import load_digits

from kvae import VAE
from kvae.layers import mlp_decoder, mlp_encoder

epochs = 100  # small: 1
x = (load_digits().images[..., None] / 16).astype(np.float32)  # (1797, 8, 8, 1)
train, test = x[:1437], x[1437:]

keras.utils.set_random_seed(0)  # for the initial weights of the networks
vae = VAE(mlp_encoder((8, 8, 1), latent_dim=10), mlp_decoder((8, 8, 1), latent_dim=10), KL_param=1.0, seed=0)
vae.compile("adam")
history = vae.fit(train, epochs=epochs, batch_size=100, validation_data=test, verbose=0)
{name: round(values[-1], 2) for name, values in history.history.items()}

# %%
z_mean, z_log_var = vae.encode(test)
x_hat = vae.reconstruct(test)
nll = -vae.log_prob(test, n_samples=200).mean()
print(f"codes {z_mean.shape}, reconstructions {x_hat.shape}, nll {nll:.2f} nats")

# %% [markdown]
# ## On the command line
#
# One command replaces a script; the run folder has the model, the codes, figures and a report.

# %%
# !python run.py model.latent_dim=10 model.KL_param=1 train.itr=300 train.batch_size=100  # small: train.itr=1 model=tiny
# !python run.py model.latent_dim=10 mode=generate mode.sampler=gmm mode.n=20  # small: model=tiny

# %% [markdown]
# ![samples from a mixture](outputs/vae/generate/*/module001_vae/generated.png)
#
# A comparison of the speed with Pythae, for the same network and batch: [performance](../performance.md).
