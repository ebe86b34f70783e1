"""Shuffling of rows that stay in their files, with buffers of chunks from all over the data."""

import numpy as np

from kvae.data.stored import StoredRows


class Buffers:
    """The rows of a pass in shuffled order, from buffers that hold chunks from all over the data.

    Every pass shuffles the order of the chunks (consecutive rows), and then the rows of each buffer of
    `buffer_rows` rows. So a batch has rows from as many parts of the data as a buffer has chunks. Unlike in a full
    shuffle, all rows of a chunk are in the same buffer. The order depends on `seed` and the pass alone.
    """

    def __init__(self, x: StoredRows, seed: int, shuffle: bool = True) -> None:
        self.x, self.seed, self.shuffle = x, seed, shuffle
        self.per_buffer = max(1, x.buffer_rows // x.chunk)
        self.held: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def take(self, iteration: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows at positions `start` to `stop` of a pass, and their numbers in the data."""
        size = self.per_buffer * self.x.chunk
        pieces = []
        while start < stop:
            number, place = divmod(start, size)
            x, rows = self.buffer(iteration, number)
            end = min(place + stop - start, len(rows))
            pieces.append((x[place:end], rows[place:end]))
            start += end - place
        return np.concatenate([x for x, _ in pieces]), np.concatenate([rows for _, rows in pieces])

    def buffer(self, iteration: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Buffer `number` of a pass; the last two stay in memory."""
        if (iteration, number) not in self.held:
            while len(self.held) > 1:
                del self.held[next(iter(self.held))]
            self.held[iteration, number] = self.read(iteration, number)
        return self.held[iteration, number]

    def read(self, iteration: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        n, chunk = len(self.x), self.x.chunk
        whole = n // chunk
        order = np.arange(whole)
        if self.shuffle:
            order = np.random.default_rng((self.seed, iteration)).permutation(whole)
        order = np.append(order, [whole] if n % chunk else [])  # short chunk last: all buffers before it are full
        chosen = order[number * self.per_buffer : (number + 1) * self.per_buffer].astype(np.int64)
        spans = [slice(int(c) * chunk, min(int(c + 1) * chunk, n)) for c in chosen]
        rows = np.concatenate([np.arange(span.start, span.stop) for span in spans])
        x = self.x[rows] if self.x.gathers else np.concatenate([self.x[span] for span in spans])
        if not self.shuffle:
            return x, rows
        mixed = np.random.default_rng((self.seed, iteration, number)).permutation(len(rows))
        return x[mixed], rows[mixed]
