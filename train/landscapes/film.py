"""The camera's film: exposure, white balance and a curve from radiance to sRGB."""

import cv2
import numpy as np
from numpy import ndarray

from train.landscapes.noise import mix, smoothstep
from train.landscapes.scene import Scene, between, stream
from train.landscapes.sky import Light, luminance

METER = 32  # pixels a side of the picture that exposure is measured on, whatever the size
F = np.float32


def exposure(scene: Scene, light: Light, image: ndarray, r) -> float:
    """Factor that brings a picture's mean radiance to a photographer's key."""
    lum = luminance(cv2.resize(image, (METER, METER), interpolation=cv2.INTER_AREA))
    bright = np.quantile(lum, 0.95)
    mean = 0.5 * float(np.exp(np.log(lum + 1e-5).mean())) + 0.5 * float(
        np.minimum(lum, bright).mean()
    )
    key, weight, gain = between(r, 0.22, 0.33), between(r, 0.1, 0.75), between(r, 0.85, 1.3)
    elevation = scene.weather.elevation
    if elevation < 10 and not light.night:  # a camera exposes for the bright sky
        rows = max(2, int(np.clip(scene.camera.horizon, 0, 1) * METER))
        sky = float(np.minimum(lum[:rows], np.quantile(lum[:rows], 0.97)).mean())
        weight *= float(smoothstep(10, 2, elevation)) * (0.45 + 0.55 * max(float(light.sun[2]), 0))
        mean = max(mean, mean ** (1 - weight) * (sky * gain) ** weight)
    if elevation < 0:
        key *= max(0.5, 1 + elevation * 0.06)
    if light.night:
        key *= 0.42
    return key / max(mean, 1e-6)


def develop(scene: Scene, light: Light, image: ndarray) -> ndarray:
    """Linear radiance (H, W, 3) -> uint8 sRGB (H, W, 3)."""
    r = stream(scene.seed, "film")
    y = image * F(exposure(scene, light, image, r))
    if light.night:  # by night eyes and film see little colour
        y = mix(luminance(y)[..., None], y, F(0.6)) * np.array([0.62, 0.85, 1.22], F)
    falling = light.sunlight * max(float(light.sun[1]), 0.12) + light.ambient
    balance = between(r, 0.2, 0.65) if scene.weather.elevation > 7 else between(r, 0.0, 0.35)
    y = y * (luminance(falling) / np.maximum(falling, 1e-9)) ** F(balance)
    y = np.maximum(y, 0)
    y = y * (2.51 * y + 0.03) / (y * (2.43 * y + 0.59) + 0.14)  # filmic, after Narkowicz (2015)
    y = np.clip(y, 0, 1) ** F(1 / 2.2)
    y = mix(y, y * y * (3 - 2 * y), F(between(r, 0, 0.5)))
    y = mix((y @ np.array([0.3, 0.59, 0.11], F))[..., None], y, F(between(r, 1.0, 1.3)))
    y = y * (1 + 0.018 * r.normal(size=3)).astype(F)
    return (np.clip(y, 0, 1) * 255 + 0.5).astype(np.uint8)
