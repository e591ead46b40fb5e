"""Tileable noise: fields that repeat without a seam, and how they are looked up."""

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator


def smoothstep(low: float, high: float, x: ndarray | float) -> ndarray:
    """0 below low, 1 above high, and a smooth rise between; falls where low > high."""
    t = np.clip((x - low) * (1.0 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, weight) -> ndarray:
    """a where the weight is 0, b where it is 1."""
    return a + (b - a) * weight


def standardised(field: ndarray) -> ndarray:
    """The field with mean 0 and standard deviation 1, float32."""
    return ((field - field.mean()) / field.std()).astype(np.float32)


def unit(field: ndarray, cut: float = 0.5) -> ndarray:
    """The field scaled so that its percentiles `cut` and 100 - cut become 0 and 1, float32."""
    low, high = np.percentile(field, [cut, 100 - cut])
    return ((field - low) / (high - low)).astype(np.float32)


def fft_noise(size: int, beta: float, rng: Generator, low: float = 1, high: float = 1e9) -> ndarray:
    """Noise with the power spectrum k^-beta between two frequencies, (size, size), standardised."""
    frequency = np.fft.fftfreq(size) * size
    k = np.hypot(*np.meshgrid(frequency, frequency))
    amplitude = np.where((k >= low) & (k <= high), np.maximum(k, 1) ** (-beta / 2), 0)
    return standardised(np.fft.ifft2(amplitude * np.exp(2j * np.pi * rng.random(k.shape))).real)


def perlin(size: int, frequency: int, rng: Generator) -> ndarray:
    """Gradient noise (Perlin 2002) with `frequency` cells a side, about -1 to 1."""
    gradient = rng.normal(size=(frequency, frequency, 2))
    gradient /= np.linalg.norm(gradient, axis=-1, keepdims=True)
    at = np.arange(size) * frequency / size
    cell = at.astype(int)
    f = at - cell
    ease = f * f * f * (f * (f * 6 - 15) + 10)

    def corner(down: int, right: int) -> ndarray:
        g = gradient[np.ix_((cell + down) % frequency, (cell + right) % frequency)]
        return g[..., 0] * (f - down)[:, None] + g[..., 1] * (f - right)

    top = mix(corner(0, 0), corner(0, 1), ease)
    bottom = mix(corner(1, 0), corner(1, 1), ease)
    return mix(top, bottom, ease[:, None]) * 1.5


def octaves(size: int, frequency: int) -> list[int]:
    """Frequencies from the first on, doubling, as far as the grid can hold them."""
    found = []
    while frequency < size / 3:
        found.append(frequency)
        frequency *= 2
    return found


def ridged(size: int, frequency: int, rng: Generator, gain: float, roughness: float) -> ndarray:
    """Ridged multifractal (Musgrave 1998): crests where gradient noise crosses zero."""
    total, weight, amplitude = np.zeros((size, size)), 1.0, 1.0
    for f in octaves(size, frequency):
        ridge = (1 - np.abs(perlin(size, f, rng))) ** 2 * weight
        total += ridge * amplitude
        weight = np.clip(ridge * gain, 0, 1)
        amplitude *= 2**-roughness
    return total


def eroded(size: int, frequency: int, rng: Generator, roughness: float) -> ndarray:
    """Octaves that fade where the slopes so far are steep, so that valleys fill and flanks keep
    their ridges (Quilez 2008)."""
    total = np.zeros((size, size))
    down, right, amplitude = 0.0, 0.0, 1.0
    for f in octaves(size, frequency):
        noise = perlin(size, f, rng)
        if f == frequency:
            noise = noise + 0.6 * (1 - np.abs(noise))
        scale = size / f / 2 * 0.6 * amplitude
        down = down + (np.roll(noise, -1, 0) - np.roll(noise, 1, 0)) * scale
        right = right + (np.roll(noise, -1, 1) - np.roll(noise, 1, 1)) * scale
        total += amplitude * noise / (1 + down**2 + right**2)
        amplitude *= 2**-roughness
    return total


def billow(size: int, frequency: int, rng: Generator, roughness: float = 0.85) -> ndarray:
    """Rounded heaps with creases between them: octaves of 1 - |gradient noise|, standardised."""
    total, amplitude = np.zeros((size, size)), 1.0
    for f in octaves(size, frequency):
        total -= amplitude * np.abs(perlin(size, f, rng))
        amplitude *= 2**-roughness
    return standardised(total)


def warped(field: ndarray, rng: Generator, amount: float, beta: float = 3.6) -> ndarray:
    """The field with its places moved by smooth noise of `amount` texels."""
    size = field.shape[0]
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    dx, dy = (fft_noise(size, beta, rng, 2) * np.float32(amount) for _ in range(2))
    return sample(field.astype(np.float32), x + dx, y + dy)


def carved(field: ndarray) -> ndarray:
    """The field with its hollows deepened at three scales, as water does to slopes; 0 to 1."""
    heights = unit(field)
    deeper = heights.copy()
    for sigma in (6, 3, 1.5):
        around = cv2.GaussianBlur(np.pad(heights, 32, mode="wrap"), (0, 0), sigma)[32:-32, 32:-32]
        deeper += 0.5 * np.minimum(heights - around, 0)
    return unit(deeper)


def mounds(size: int, count: int, rng: Generator, pointed: bool) -> ndarray:
    """count x count jittered mounds, cones or domes, 0 to 1: tree tops from afar, or boulders."""
    apart = size / count
    places = np.stack(np.meshgrid(np.arange(count), np.arange(count)), -1).reshape(-1, 2)
    places = (places + rng.random(places.shape)) * apart
    field = np.zeros((size, size), np.float32)
    reach = int(apart * 1.3)
    offset = np.arange(-reach, reach + 1)
    for x, y in places:
        column, row = int(x), int(y)
        away = np.hypot(offset[None] - (x - column), offset[:, None] - (y - row)) / apart
        away *= rng.uniform(0.9, 1.3)
        shape = (
            np.clip(1 - 1.15 * away, 0, 1)
            if pointed
            else np.sqrt(np.clip(1 - (1.2 * away) ** 2, 0, 1))
        )
        at = np.ix_((offset + row) % size, (offset + column) % size)
        field[at] = np.maximum(field[at], rng.uniform(0.55, 1.0) * shape)
    return field


def dunes(size: int, frequency: int, rng: Generator) -> ndarray:
    """Dunes across the wind: a long windward slope, a sharp crest, a short slip face; 0 to 1.

    Crests run along y, wind and break up, and their heights vary, so that no two are alike.
    """
    x = np.arange(size)[None] / size
    bend = 0.30 * fft_noise(size, 4.2, rng, 1, 6) + 0.06 * fft_noise(size, 4.2, rng, 4, 20)
    phase = (x * frequency + bend) % 1
    crest = 0.74
    rise, fall = phase / crest, (1 - phase) / (1 - crest)
    profile = np.where(phase < crest, rise**1.5, fall**0.9)
    heights = 0.25 + 0.75 * unit(fft_noise(size, 3.6, rng, 2, 12))
    return cv2.GaussianBlur((profile * heights).astype(np.float32), (0, 0), 0.8)


def sample(texture: ndarray, x: ndarray, y: ndarray) -> ndarray:
    """The texture (N, N) at places in texels, repeating without end; x and y broadcast.

    Bilinear, its weights rounded to 1/32 by OpenCV: `sample_exact` is for slopes near by.
    """
    size = texture.shape[0]
    x, y = np.broadcast_arrays(x, y)
    x = (x - np.floor(x * (1 / size)) * size).astype(np.float32, copy=False)
    y = (y - np.floor(y * (1 / size)) * size).astype(np.float32, copy=False)
    found = cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return found.reshape(x.shape)


def sample_exact(texture: ndarray, x: ndarray, y: ndarray) -> ndarray:
    """`sample` in full precision, at three times the cost; N has to be a power of two."""
    size = texture.shape[0]
    left, top = np.floor(x), np.floor(y)
    fx, fy = x - left, y - top
    column, row = left.astype(np.int32) & (size - 1), top.astype(np.int32) & (size - 1)
    right, below = (column + 1) & (size - 1), ((row + 1) & (size - 1)) * size
    row = row * size
    flat = texture.ravel()
    upper = mix(flat.take(row + column), flat.take(row + right), fx)
    return mix(upper, mix(flat.take(below + column), flat.take(below + right), fx), fy)


class Layer:
    """A texture laid over the ground: turned, shifted, repeating every `period` metres."""

    def __init__(self, rng: Generator, texture: ndarray, period: float, exact: bool = False):
        size = texture.shape[0]
        angle = rng.uniform(0, 2 * np.pi)
        self.texture, self.look_up = texture, sample_exact if exact else sample
        self.cos = np.float32(np.cos(angle) * size / period)
        self.sin = np.float32(np.sin(angle) * size / period)
        self.shift = rng.uniform(0, size, 2).astype(np.float32)

    def __call__(self, x: ndarray, z: ndarray) -> ndarray:
        """Its values at places in metres; x and z broadcast."""
        along = x * self.cos + z * self.sin + self.shift[0]
        across = z * self.cos - x * self.sin + self.shift[1]
        return self.look_up(self.texture, along, across)
