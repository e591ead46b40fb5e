"""What the ground is made of: albedo, relief of the surface and material of every ray's ground."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from train.landscapes.noise import mix, sample, smoothstep
from train.landscapes.scene import Scene, colour, stream
from train.landscapes.terrain import Terrain
from train.landscapes.textures import textures

REGIONS = (
    "sky", "cloud", "sun", "far land", "rock", "snow", "forest", "tree", "grass", "flowers",
    "sand", "soil", "water", "path",
)  # fmt: skip
REGION = {name: index for index, name in enumerate(REGIONS)}
SNOW = colour(0.82, 0.86, 0.92)
CROPS = np.array(
    [
        [0.12, 0.2, 0.04], [0.25, 0.28, 0.06], [0.42, 0.34, 0.12], [0.5, 0.42, 0.05],
        [0.16, 0.10, 0.05], [0.09, 0.15, 0.03], [0.3, 0.26, 0.1],
    ],
    np.float32,
)  # fmt: skip
F = np.float32


@dataclass
class Places:
    """Where rays meet the ground: x, z, height, dh/dx, dh/dz, depth and the metres that a ray
    covers there, all (rows, side)."""

    x: ndarray
    z: ndarray
    height: ndarray
    dx: ndarray
    dz: ndarray
    footprint: ndarray

    @property
    def slope(self) -> ndarray:
        return np.hypot(self.dx, self.dz)


class Surface:
    """Albedo (rows, side, 3), material (rows, side) and slopes of the ground, layer over layer."""

    def __init__(self, scene: Scene, terrain: Terrain, places: Places):
        self.scene, self.terrain, self.places = scene, terrain, places
        self.r, self.t = stream(scene.seed, "surface"), textures()
        # Steep places are near one another in x and z: heights move them apart, or walls would
        # be streaked.
        steep = np.clip(places.slope * F(0.8), 0, 1) * np.maximum(places.height, 0)
        self.x, self.z = places.x + F(0.8) * steep, places.z + F(0.6) * steep
        self.broad = self.noise("smooth", 0.03, 1e6)  # 500 m and finer
        self.medium = self.noise("smooth", 7.3, 1e6)  # 70 m
        self.coarse = self.noise("rough", 0.09, 1e6)  # several metres, far away too
        self.fine = self.noise("rough", 2.1, 6)
        blades = sample(self.t.pick(self.r, "rough"), self.x * F(40), self.z * F(14))
        self.blades = blades * np.clip(0.6 / places.footprint, 0.06, 1)
        self.albedo = np.empty((*places.x.shape, 3), F)
        self.material = np.zeros(places.x.shape, np.uint8)

    def noise(self, kind: str, texels: float, finest: float) -> ndarray:
        """Noise of `texels` a metre, faded where a ray covers more than `finest` metres."""
        found = sample(self.t.pick(self.r, kind), self.x * F(texels), self.z * F(texels))
        return found * np.clip(F(finest) / self.places.footprint, 0.15, 1)

    def lay(self, what: str, albedo: ndarray, cover: ndarray) -> None:
        """One material over those before, as far as it covers them."""
        self.albedo += (albedo - self.albedo) * cover[..., None]
        self.material[cover > 0.5] = REGION[what]

    def paint(self) -> None:
        """All layers, from what lies lowest."""
        ground = self.scene.ground
        self.grass()
        if ground.fields:
            self.fields()
        if ground.flowers:
            self.flowers()
        self.rock()
        if ground.beach or (self.scene.water and self.scene.water.kind != "sea"):
            self.shore()
        if ground.path:
            self.path()
        if ground.waterfall:
            self.waterfall()
        if ground.snow_line < 8e3:
            self.snow()

    def grass(self) -> None:
        ground, sandy = self.scene.ground, self.scene.ground.bare
        patches = np.clip(0.5 + 0.3 * self.broad + 0.25 * self.medium + 0.12 * self.blades, 0, 1)
        strength = 0.45 if sandy else 1.0
        shade = np.clip(1 + (0.16 * self.blades + 0.10 * self.fine) * F(strength), 0.45, 1.6)
        self.albedo[:] = (
            mix(ground.grass[0], ground.grass[1], patches[..., None]) * shade[..., None]
        )
        if self.scene.relief.dunes:  # ripples of the wind
            wave = np.sin(
                (self.x * 0.6 + self.z * 0.8 + 2 * self.medium + 0.8 * self.blades) * F(2.2)
            )
            self.albedo *= (1 + 0.10 * wave * np.clip(0.5 / self.places.footprint, 0, 1))[..., None]
        self.material[:] = REGION["sand" if sandy else "grass"]

    def fields(self) -> None:
        """Crops in crooked rectangles, furrows along them and hedges between."""
        r, footprint = self.r, self.places.footprint
        turn, across = r.uniform(0, 3), F(r.uniform(90, 260))
        cos, sin = F(np.cos(turn)), F(np.sin(turn))
        column = (self.x * cos + self.z * sin + 25 * self.broad) / across
        row = (self.z * cos - self.x * sin) / (across * F(1.6))
        i, j = np.floor(column), np.floor(row)
        lot = np.abs(np.sin(i * F(12.9898) + j * F(78.233)) * F(43758.5453)) % 1
        crop = CROPS[(lot * len(CROPS)).astype(int) % len(CROPS)]
        furrows = np.sin(column * across * F(2 * np.pi / 3.5)) * np.clip(0.8 / footprint, 0, 0.25)
        crop = crop * (1 + furrows + 0.1 * self.fine)[..., None]
        border = np.minimum(
            np.minimum(column - i, 1 - (column - i)) * across,
            np.minimum(row - j, 1 - (row - j)) * across * F(1.6),
        )
        crop = mix(colour(0.03, 0.06, 0.02), crop, np.clip(border / 5, 0.3, 1)[..., None])
        level = smoothstep(0.45, 0.2, self.places.slope) * smoothstep(3, 15, self.z)
        self.lay("grass", crop, self.scene.ground.fields * level)

    def flowers(self) -> None:
        ground = self.scene.ground
        dots = sample(self.t.rough[0], self.x * F(60), self.z * F(22))
        drifts = 0.7 * dots + 0.9 * self.medium + 0.5 * self.broad - 0.35 + ground.flowers
        seen = np.clip(0.35 + 0.5 / self.places.footprint, 0, 1)
        level = smoothstep(0.5, 0.3, self.places.slope)
        self.lay(
            "flowers", ground.flower_colour, smoothstep(0.4, 1.6, drifts) * seen * level * F(0.85)
        )

    def rock(self) -> None:
        ground, relief, height = self.scene.ground, self.scene.relief, self.places.height
        low, high = ground.rock_slope
        cover = smoothstep(low, high, self.places.slope + 0.16 * self.fine + 0.1 * self.coarse)
        if relief.mountains > 900:
            above = smoothstep(0.35, 0.75, height / relief.mountains + 0.08 * self.coarse)
            cover = np.maximum(cover, above * F(0.75))
        shade = np.clip(1 + 0.22 * self.fine + 0.12 * self.coarse, 0.4, 1.7)
        albedo = ground.rock * shade[..., None]
        if ground.strata:
            bed = (height + 5 * self.medium) * F(1 / relief.mesas)
            bands = (
                0.5 * np.sin(bed / 0.035) + 0.6 * np.sin(bed / 0.011 + 1) + 0.5 * np.sin(bed / 0.09)
            )
            tint = mix(F(1), colour(1.15, 1.0, 0.85), (0.5 + 0.5 * np.sin(bed / 0.13))[..., None])
            albedo = albedo * (1 + ground.strata * bands)[..., None] * tint
            cover = np.maximum(cover, smoothstep(0.15, 0.35, self.places.slope) * F(0.9))
        self.lay("rock", albedo, cover)

    def shore(self) -> None:
        """Sand at the sea, gravel at lakes and rivers, dark where it is wet."""
        ground, at_sea = self.scene.ground, self.scene.water.kind == "sea"
        upto = ground.beach or 0.5
        dry = ground.sand if at_sea else mix(ground.sand, ground.rock, 0.6)
        wet = smoothstep(0.15 * upto, 0, self.places.height)
        albedo = mix(dry, ground.sand * F(0.5), wet[..., None])
        albedo = albedo * (1 + 0.07 * self.blades + 0.05 * self.fine)[..., None]
        low = smoothstep(1.25 * upto, 0.75 * upto, self.places.height + 0.3 * upto * self.medium)
        self.lay("sand", albedo, low * smoothstep(0.6, 0.3, self.places.slope))

    def path(self) -> None:
        """Trodden earth, two tracks where it is wide, over grass, sand and snow alike."""
        width = F(self.scene.ground.path)
        away = np.abs(self.places.x - self.terrain.path_x(self.places.z)) / width
        # Where a ray covers more than the path it shows as a fraction.
        soft = F(0.25) + self.places.footprint / width
        cover = np.clip((1 - away + 0.15 * self.fine) / soft + F(0.5), 0, 1)
        cover = cover * np.minimum(1, F(1.2) * width / self.places.footprint)
        earth = mix(self.scene.ground.sand, colour(0.26, 0.2, 0.14), F(0.5))
        albedo = earth * (1 + 0.12 * self.fine + 0.1 * self.blades)[..., None]
        dry = self.places.height > 0.25
        self.lay("path", albedo, cover * dry * smoothstep(1.2, 0.7, self.places.slope) * F(0.9))

    def waterfall(self) -> None:
        """White water down one steep place."""
        r = self.r
        away = self.places.z * F(0.9)
        middle = away * F(r.uniform(-0.3, 0.3)) / F(self.scene.camera.focal)
        across = np.abs(self.places.x - middle + 8 * self.coarse) / (F(0.012) * away + 3)
        steep = smoothstep(0.5, 0.9, self.places.slope)
        self.lay("water", colour(0.8, 0.84, 0.88), smoothstep(1, 0.6, across) * steep)

    def snow(self) -> None:
        ground, height, slope = self.scene.ground, self.places.height, self.places.slope
        deep = (height - ground.snow_line) / F(max(self.scene.relief.mountains, 300.0))
        cover = smoothstep(-0.06, 0.10, deep + 0.10 * self.coarse + 0.05 * self.fine)
        ragged = (0.28 * self.fine + 0.12 * self.coarse) * np.clip(slope * 1.5, 0, 1)
        cover = cover * smoothstep(1.45, 0.8, slope + ragged)
        self.lay("snow", SNOW * (1 + 0.03 * self.medium)[..., None], cover)

    def forest(self, cover: ndarray, tops: ndarray) -> tuple[ndarray, ndarray]:
        """Forest where it covers the ground; how light it is there, and how covered, for shading.

        cover 0 to 1; tops, how high in the canopy a ray ends, 0 to 1.
        """
        ground, winter = self.scene.ground, self.scene.name == "winter"
        specks = self.fine * 0.5 + self.coarse * 0.25
        which = np.clip(0.45 + 0.35 * self.medium + 0.3 * specks + 0.15 * self.broad, 0, 1)
        albedo = mix(ground.canopy[0], ground.canopy[1], which[..., None])
        if winter:
            white = np.clip(0.2 + 0.35 * specks + 0.2 * (tops - 0.5), 0, 0.6)
            albedo = mix(albedo, colour(0.6, 0.64, 0.7), white[..., None])
        wooded = smoothstep(0.15, 0.5, cover)
        self.lay("forest", albedo, wooded)
        return np.clip(0.25 + 1.15 * tops, 0.25, 1.3) * (1 + 0.22 * specks), wooded
