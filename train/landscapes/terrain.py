"""The ground as a height field: pure functions of places in metres, x right and z away."""

from functools import cached_property

import numpy as np
from numpy import ndarray

from train.landscapes.noise import Layer, mix, sample, smoothstep
from train.landscapes.scene import Scene, between, chance, ratio, stream
from train.landscapes.textures import textures

BED = -3.0  # of lakes, below the water's surface at height 0
F = np.float32


class Terrain:
    """A scene's heights. Water lies at 0; the ground begins a little above it."""

    def __init__(self, scene: Scene):
        self.scene, relief = scene, scene.relief
        r, t = stream(scene.seed, "terrain"), textures()
        self.base = ratio(r, 1.5, 6)
        self.range = Layer(r, t.pick(r, "mountains"), relief.mountain_period)
        self.far_range = Layer(r, t.pick(r, "far_ranges"), ratio(r, 1.2e4, 2.4e4))
        self.hills = Layer(r, t.pick(r, "hills"), relief.hill_period, exact=True)
        self.detail = Layer(r, t.smooth[(0, 3)[r.integers(2)]], ratio(r, 60, 200), exact=True)
        self.patches = Layer(r, t.pick(r, "smooth"), ratio(r, 1500, 4000))
        self.dune_rows = Layer(r, t.pick(r, "dunes"), relief.dune_period)
        self.small_dunes = Layer(r, t.pick(r, "dunes"), relief.dune_period * 0.29)
        self.plateaus = Layer(r, t.pick(r, "plateaus"), relief.mesa_period)
        self.rocks = Layer(r, t.crowns[1], max(relief.boulders, 0.5) * 67)
        self.rocky = between(r, -0.1, 0.6)
        self.steps = (ratio(r, 0.02, 0.08), chance(r, 0.4))
        self.bends = (ratio(r, 80, 500), between(r, 0, 6), ratio(r, 0.08, 0.3), between(r, -15, 15))
        self.river = (ratio(r, 5, 35), relief.valley[1])
        self.basin = self.basin_of(r)
        self.path_bends = (
            ratio(r, 15, 60),
            between(r, 0, 6),
            between(r, 0.1, 0.3),
            between(r, -3, 3),
        )

    def basin_of(self, r) -> tuple[float, float, float, float]:
        """(x, z, half width, half depth) of a lake."""
        away = ratio(r, 60, 700)
        half_depth = away * between(r, 0.45, 0.9) + 25
        x = away * between(r, -0.5, 0.5) / self.scene.camera.focal
        half_width = half_depth * ratio(r, 0.7, 2.2) + away * 0.35 / self.scene.camera.focal
        return (x, half_depth * 0.75 if chance(r, 0.35) else away, half_width, half_depth)

    def relief(self, x: ndarray, z: ndarray) -> ndarray:
        """What throws long shadows: mountains, mesas and dunes, above their surroundings."""
        relief = self.scene.relief
        height = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(z)), F)
        if relief.mountains:
            depth, direction, width = relief.valley
            valley = 1 - F(depth) * np.exp(-(((x - F(direction) * z) / (F(width) * z + 150)) ** 2))
            shape = np.maximum(self.range(x, z), 0) ** F(relief.sharpness)
            begin = smoothstep(relief.mountains_from, relief.mountains_from * 2, z)
            height = F(relief.mountains) * begin * valley * shape
        if relief.peak:
            top, peak_x, peak_z, radius = relief.peak
            away = np.hypot(x - F(peak_x), z - F(peak_z)) * F(1 / radius)
            ridges = self.range(x, z)
            flank = np.maximum(1 - away - F(0.22) * (0.5 - ridges), 0) ** F(1.35)
            height = np.maximum(height, F(top) * flank * (0.62 + 0.55 * ridges))
        if relief.far_range:
            shape = np.maximum(self.far_range(x, z), 0) ** F(1.4) * F(1.3)
            begin = smoothstep(relief.far_from, relief.far_from * 1.5, z)
            height = np.maximum(height, F(relief.far_range) * begin * shape - 60)
        if relief.dunes:
            rows = self.dune_rows(x, z) + F(0.22) * self.small_dunes(x, z)
            height = height + F(relief.dunes) * rows
        if relief.mesas:
            height = height + self.mesas(x, z)
        return height

    def mesas(self, x: ndarray, z: ndarray) -> ndarray:
        """Flat tops above steep walls with a talus; a gap for the view or a river."""
        relief = self.scene.relief
        width, gap = self.steps
        low = relief.mesa_threshold
        field = self.plateaus(x, z)
        top = (
            0.62 * smoothstep(low, low + width, field)
            + 0.38 * smoothstep(low + 1.7 * width, low + 2.6 * width, field)
            + 0.35 * smoothstep(low - 0.18, low, field) ** 2
        )
        if gap or (self.scene.water and self.scene.water.kind == "river"):
            top = top * smoothstep(0.02, 0.22, np.abs(x - self.river_x(z)) / (z * F(0.9) + 60))
        return F(relief.mesas) * top * smoothstep(relief.mesas_from * 0.4, relief.mesas_from, z)

    def river_x(self, z: ndarray) -> ndarray:
        """The middle of a river at a distance."""
        length, phase, swing, aside = self.bends
        return (
            F(self.river[1]) * z + F(length * swing) * np.sin(z / F(length) + F(phase)) + F(aside)
        )

    def path_x(self, z: ndarray) -> ndarray:
        """The middle of a path at a distance."""
        length, phase, swing, aside = self.path_bends
        return F(aside) + F(length * swing) * np.sin(z / F(length) + F(phase)) * np.minimum(
            z / 20, 3
        )

    def height(self, x: ndarray, z: ndarray) -> ndarray:
        """Metres above the water, of the ground without what grows on it; x and z broadcast."""
        relief, water = self.scene.relief, self.scene.water
        patches, detail = self.patches(x, z), self.detail(x, z)
        rise = smoothstep(relief.hills_from * 0.15, relief.hills_from * 2, z)
        hills = F(relief.hills) * rise * (self.hills(x, z) - F(0.42))
        far = self.relief(x, z)
        near = (
            F(relief.roughness) * detail * np.clip(0.25 + z / 60, 0, 1) * np.clip(2.5e3 / z, 0, 1)
        )
        height = F(self.base) + hills + far + near
        if water and water.kind == "lake":
            height = self.with_lake(height, x, z, patches, detail)
        elif water and water.kind == "river":
            height = self.with_river(height, x, z, patches)
        elif water and water.kind == "sea":
            height = self.with_sea(x, z, hills, far, patches, detail)
        if relief.boulders:
            clusters = smoothstep(0.2, 1.2, 0.6 * patches + 0.6 * detail + F(self.rocky))
            seen = smoothstep(260, 60, z) * smoothstep(5, 20, z)
            tops = np.maximum(self.rocks(x, z) - 0.35, 0)
            height = height + tops * F(1.7 * relief.boulders) * clusters * seen
        return height.astype(F, copy=False)

    def with_lake(self, height, x, z, patches, detail) -> ndarray:
        """The ground sunk to a lake's bed within its basin."""
        mid_x, mid_z, half_width, half_depth = self.basin
        inside = 1 - ((x - F(mid_x)) / F(half_width)) ** 2 - ((z - F(mid_z)) / F(half_depth)) ** 2
        sunk = smoothstep(-0.4, 0.55, inside + F(0.5) * patches + F(0.05) * detail)
        return mix(height, BED - 3 * sunk, sunk * sunk)

    def with_river(self, height, x, z, patches) -> ndarray:
        """The ground flat along a river, and sunk to its bed in the middle."""
        width = F(self.river[0])
        away = np.abs(x - self.river_x(z) * (1 + F(0.05) * patches)) / width
        flat = np.exp(-((away / 4) ** 2))
        bed = np.exp(-((away / (1 + F(0.25) * patches)) ** 4))
        height = mix(height, np.minimum(height, F(1.5)), flat)
        return height - bed * (np.maximum(height, 0) - F(BED) * F(0.8))

    def with_sea(self, x, z, hills, far, patches, detail) -> ndarray:
        """The sea bed, a shore across the view, cliffs, and islands where mountains would be."""
        relief = self.scene.relief
        turn, away, slope = self.scene.water.shore
        out = z * F(np.cos(turn)) + x * F(np.sin(turn)) - F(away)
        out = out + F(0.22 * max(abs(away), 20)) * patches + F(0.05 * min(abs(away), 60)) * detail
        land = np.clip(-out * F(slope), -25, self.base * 1.2)
        land = land + (hills * F(0.5) + F(0.15) * detail) * smoothstep(5, 60, -out)
        if relief.cliff:
            high = self.scene.camera.height
            rise = smoothstep(6, 26, -out + 6 * detail) * smoothstep(3 * high, 9 * high + 60, z)
            land = land + F(relief.cliff) * rise * (F(0.7) + F(0.3) * self.hills(x, z))
        if not relief.mountains:
            return np.maximum(land, -25)
        return np.maximum(land, np.maximum(far - F(0.3 * relief.mountains) - 2, -25))

    @cached_property
    def boundaries(self) -> Layer:
        """Noise of medium size, by which forests and groves begin and end."""
        return Layer(stream(self.scene.seed, "groves"), textures().smooth[1], 900.0)

    def forest(self, x: ndarray, z: ndarray, height: ndarray, slope: ndarray) -> ndarray:
        """How much of the ground forest covers, 0 to 1, at places of a height and a slope."""
        ground, water = self.scene.ground, self.scene.water
        if not ground.forest:
            return np.zeros_like(height)
        patches = self.patches(x, z)
        wooded = patches + self.boundaries(x, z) * F(0.5) + F((ground.forest - 0.5) * 3.2)
        cover = smoothstep(-0.25, 0.35, wooded) * smoothstep(1.15, 0.75, slope)
        line = ground.tree_line
        cover = cover * smoothstep(line * 1.15 + 30, line * 0.8, height + 60 * patches)
        low = ground.beach + 1 if water and water.kind == "sea" else 1.2
        return cover * smoothstep(low, low + 1.5, height) * smoothstep(18, 90, z)

    @cached_property
    def canopy(self) -> Layer:
        """Tree tops, 0 to 1."""
        ground, r = self.scene.ground, stream(self.scene.seed, "canopy")
        kind, across = ("conifers", 15.0) if ground.conifers else ("crowns", 22.0)
        return Layer(r, textures().pick(r, kind), ground.canopy_height * across)


def blurred(texture: ndarray, x: ndarray, z: ndarray, texels: float, footprint: ndarray, finest):
    """Noise of `texels` a metre, faded where a pixel covers more than `finest` metres of it."""
    return sample(texture, x * F(texels), z * F(texels)) * np.clip(finest / footprint, 0.1, 1)
