//! From a map and a style to shapes.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::shape::{Item, Label, Outline, Shape};
use super::simplify::simplified;
use super::symbols::{self, Pose};
use super::{CellRect, Layer, Paint, Palette, Rgba, Style, distinct_room_colors, font};
use crate::Map;
use crate::image::{CellKind, Image};
use crate::path::Path;
use crate::place::{Mm, Pixel, Transform};
use crate::record::{Area, Point};

/// A map ready to be put out, as SVG or, with the feature `render`, as pixels or PNG.
///
/// ```
/// use vacuum_map::block::Content;
/// use vacuum_map::draw::{Scene, Style};
/// use vacuum_map::{Image, Map};
///
/// let image = Image::new(510, 511, 3, 2, &[0x00, 0x81, 0x87, 0x80, 0x87, 0x07]).expect("3 x 2 cells");
/// let map = Map::new(1, 1, [Content::Image(image)]);
/// let scene = Scene::new(&map, &Style::default())?.expect("there are cells");
/// assert_eq!((scene.width(), scene.height()), (12, 8));
/// assert!(scene.to_svg().starts_with("<svg"));
/// # Ok::<(), vacuum_map::draw::DrawError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    width: u32,
    height: u32,
    transform: Transform,
    pub(crate) turn: Turn,
    pub(crate) rect: CellRect,
    pub(crate) scale: f32,
    pub(crate) image: &'a Image,
    pub(crate) background: Rgba,
    /// Colours of cells by their byte.
    pub(crate) colors: [Rgba; 256],
    pub(crate) carpet: Option<Carpet<'a>>,
    pub(crate) items: Vec<Item>,
}

/// What is known of cells besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carpet<'a> {
    /// One byte a cell; those that are missing are 0.
    pub(crate) flags: &'a [u8],
    /// Of carpet, above the cell's; `None` if the layer is off.
    pub(crate) color: Option<Rgba>,
    pub(crate) checkered: bool,
}

/// How the picture is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Turn {
    /// Clockwise quarters: 0 to 3.
    Quarters(u8),
    /// Any angle.
    Free,
}

impl<'a> Scene<'a> {
    /// Draws a map. `None` if there is nothing to see: no image, an erased or damaged one, or nothing left of it after
    /// cropping.
    ///
    /// # Errors
    ///
    /// A scale that is out of range, or a picture that is too large.
    pub fn new(map: &'a Map, style: &Style) -> Result<Option<Self>, DrawError> {
        let scale = style.scale;
        if !(scale > 0.0 && scale <= MAX_SCALE) {
            return Err(DrawError::Scale { scale });
        }
        if !style.rotation.is_finite() {
            return Err(DrawError::Rotation);
        }
        let Some(image) = map.image().filter(|image| !image.is_empty()) else {
            return Ok(None);
        };
        let Some(rect) = style.crop.rect(image.grid(), image.used()) else {
            return Ok(None);
        };
        let (width, height) = rect.size(scale);
        let base = Transform::new(image.grid(), f64::from(scale)).moved(
            -f64::from(rect.left) * f64::from(scale),
            -f64::from(rect.top) * f64::from(scale),
        );
        let (turn, transform, width, height) = turn(base, width, height, style.rotation);
        let pixels = u64::from(width) * u64::from(height);
        if pixels > style.max_pixels {
            return Err(DrawError::TooLarge {
                width,
                height,
                limit: style.max_pixels,
            });
        }
        if pixels == 0 {
            return Ok(None);
        }
        let mut palette = style.palette.clone();
        if let Some(apart) = style.distinct_rooms
            && image.segments().is_some()
        {
            palette.rooms = distinct_room_colors(image, &palette.rooms, &palette.choice, apart);
        }
        let mut scene = Self {
            width,
            height,
            transform,
            turn,
            rect,
            scale,
            image,
            background: palette.outside,
            colors: palette.table(),
            carpet: map.carpet_map().map(|flags| Carpet {
                flags,
                color: style.paints.get(&Layer::Carpet).map(|paint| paint.fill),
                checkered: style.checkered_carpet,
            }),
            items: Vec::new(),
        };
        if let Some(carpet) = scene
            .carpet
            .as_mut()
            .filter(|_| !style.layers.contains(&Layer::Carpet))
        {
            carpet.color = None;
        }
        for layer in &style.layers {
            scene.add(map, style, &palette, *layer);
        }
        for text in &style.texts {
            scene.text(text);
        }
        Ok(Some(scene))
    }

    /// Pixels from left to right.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Where places of the robot's world are in the picture, after scale, crop and rotation.
    #[must_use]
    pub const fn transform(&self) -> Transform {
        self.transform
    }

    fn add(&mut self, map: &Map, style: &Style, palette: &Palette, layer: Layer) {
        if layer == Layer::Cells {
            self.items.push(Item::Cells);
        }
        let Some(paint) = style.paints.get(&layer).copied() else {
            return;
        };
        let size = paint.size.pixels(self.scale);
        match layer {
            Layer::Cells | Layer::Carpet => {}
            Layer::Zones => {
                for rect in map.zones().unwrap_or_default() {
                    let [a, b] = rect.0;
                    let corners = [a, Point::new(b.x, a.y), b, Point::new(a.x, b.y)];
                    self.polygon(corners, paint, size);
                }
            }
            Layer::SmartZones => {
                for zone in map.smart_zones().unwrap_or_default() {
                    self.polygon(zone.area.0, paint, size);
                }
            }
            Layer::ExtZones => self.areas(Some(&map.ext_zones()), paint, size),
            Layer::NoGo => self.areas(map.no_go(), paint, size),
            Layer::NoMop => self.areas(map.no_mop(), paint, size),
            Layer::NoCarpet => self.areas(map.no_carpet(), paint, size),
            Layer::NoVacuum => self.areas(map.no_vacuum(), paint, size),
            Layer::CustomCarpets => self.areas(map.custom_carpets(), paint, size),
            Layer::DoorSills => self.areas(map.door_sills(), paint, size),
            Layer::Cliffs => self.areas(map.cliffs(), paint, size),
            Layer::Walls => {
                for wall in map.walls().unwrap_or_default() {
                    self.line(&wall.0, paint.outline, size);
                }
            }
            Layer::CleanedArea => self.path(map.path(), paint.fill, size),
            Layer::MopPath => {
                if let (Some(path), Some(flags)) = (map.path(), map.path_flags()) {
                    // Together, so that what was mopped twice isn't twice as dark.
                    let outline = Outline::lines(path.mopped(flags).map(|run| self.outline(run)));
                    self.items
                        .push(Item::Shape(Shape::stroked(outline, paint.fill, size)));
                }
            }
            Layer::Path => {
                let has_rooms = paint.outline.a != 0 && self.has_rooms();
                let color = if has_rooms { paint.outline } else { paint.fill };
                self.path(map.path(), color, size);
            }
            Layer::GotoPath => self.path(map.goto_path(), paint.fill, size),
            Layer::PredictedPath => self.path(map.predicted_path(), paint.fill, size),
            Layer::Charger => {
                if let Some(charger) = map.charger()
                    && let Some(at) = self.near(*charger)
                {
                    let angle = charger.angle.map(|angle| self.angle(angle));
                    self.items.extend(symbols::charger(
                        style.symbols, at, angle, paint, size, self.scale,
                    ));
                }
            }
            Layer::Robot => {
                if let Some(at) = map.robot().and_then(|robot| self.near(*robot)) {
                    let angle = self.angle(map.robot_heading().unwrap_or_default());
                    let pose = Pose { at, angle };
                    self.items
                        .extend(symbols::robot(style.symbols, pose, paint, size, self.scale));
                }
            }
            Layer::GotoTarget => {
                if let Some(at) = map.goto_target().and_then(|target| self.near(*target)) {
                    self.items.extend(symbols::target(at, paint, size));
                }
            }
            Layer::Obstacles => {
                if let Some(obstacles) = map.obstacles_v1() {
                    self.obstacles(
                        obstacles.iter().map(|o| (o.point, o.obstacle_type.name())),
                        paint,
                        size,
                    );
                }
            }
            Layer::IgnoredObstacles => {
                if let Some(obstacles) = map.ignored_obstacles_v1() {
                    self.obstacles(
                        obstacles.iter().map(|o| (o.point, o.obstacle_type.name())),
                        paint,
                        size,
                    );
                }
            }
            Layer::PhotoObstacles => {
                if let Some(obstacles) = map.obstacles() {
                    self.obstacles(
                        obstacles.iter().map(|o| (o.point, o.obstacle_type.name())),
                        paint,
                        size,
                    );
                }
            }
            Layer::IgnoredPhotoObstacles => {
                if let Some(obstacles) = map.ignored_obstacles() {
                    self.obstacles(
                        obstacles.iter().map(|o| (o.point, o.obstacle_type.name())),
                        paint,
                        size,
                    );
                }
            }
            Layer::StuckPoints => {
                let spots = map.stuck_points().unwrap_or_default();
                self.obstacles(spots.iter().map(|spot| (spot.point, Some("!"))), paint, size);
            }
            Layer::RoomNames => self.room_names(style, paint, size),
            Layer::Caption => self.caption(style, palette, paint),
        }
    }

    /// Where a place is in the picture; `None` if it is so far away that nothing of it can be seen.
    fn near(&self, place: impl Into<Mm>) -> Option<Pixel> {
        let pixel = self.transform.pixel(place);
        let beyond = 100.0 * f64::from(self.scale).max(1.0);
        let inside = |at: f64, side: u32| at >= -beyond && at <= f64::from(side) + beyond;
        (inside(pixel.x, self.width) && inside(pixel.y, self.height)).then_some(pixel)
    }

    /// A robot's angle in the picture: degrees clockwise from the right.
    fn angle(&self, angle: i32) -> f64 {
        let [a, b, ..] = self.transform.coefficients();
        let turned = libm::atan2(b, a).to_degrees();
        turned - f64::from(angle.rem_euclid(360))
    }

    fn pixels<'p>(&self, points: impl IntoIterator<Item = &'p Point>) -> Vec<Pixel> {
        points
            .into_iter()
            .map(|point| self.transform.pixel(*point))
            .collect()
    }

    fn polygon(&mut self, corners: [Point; 4], paint: Paint, width: f32) {
        let outline = Outline::polygon(self.pixels(&corners));
        let shape = Shape::filled(outline, paint.fill).and_stroked(paint.outline, width);
        self.items.push(Item::Shape(shape));
    }

    fn areas(&mut self, areas: Option<&[Area]>, paint: Paint, width: f32) {
        for area in areas.unwrap_or_default() {
            self.polygon(area.0, paint, width);
        }
    }

    fn line(&mut self, points: &[Point], color: Rgba, width: f32) {
        let outline = self.outline(points);
        self.items
            .push(Item::Shape(Shape::stroked(outline, color, width)));
    }

    fn outline(&self, points: &[Point]) -> Outline {
        Outline::line(simplified(
            points.iter().map(|point| self.transform.pixel(*point)),
        ))
    }

    fn path(&mut self, path: Option<&Path>, color: Rgba, width: f32) {
        if let Some(path) = path.filter(|path| path.points.len() > 1) {
            self.line(&path.points, color, width);
        }
    }

    /// Is there floor of a room? In old maps no byte but 0xff is floor.
    fn has_rooms(&self) -> bool {
        let cells = self.image.cells().unwrap_or_default();
        cells.iter().any(|byte| byte & 7 == 7 && (8..0xff).contains(byte))
    }

    fn obstacles<'n>(
        &mut self,
        obstacles: impl Iterator<Item = (Point, Option<&'n str>)>,
        paint: Paint,
        radius: f32,
    ) {
        for (point, name) in obstacles {
            if let Some(at) = self.near(point) {
                self.items.extend(symbols::obstacle(at, name, paint, radius));
            }
        }
    }

    fn room_names(&mut self, style: &Style, paint: Paint, size: f32) {
        let size = size.max(LEAST_TEXT);
        let height = font::height(size) * 1.5;
        // The middles of the names so far, and half their widths.
        let mut taken: Vec<(Pixel, f64)> = Vec::new();
        for (id, place) in label_places(self.image) {
            let name = style
                .room_names
                .get(&id)
                .cloned()
                .unwrap_or_else(|| id.to_string());
            let half = font::width(&name, size) / 2.0;
            let mut at = self.transform.pixel(place);
            // Inside the picture, if there is room, and not over another name.
            at.x = at.x.min(f64::from(self.width) - half).max(half);
            let is_free = |at: Pixel| {
                taken.iter().all(|(other, other_half)| {
                    (at.x - other.x).abs() >= half + other_half + height / 2.0
                        || (at.y - other.y).abs() >= height
                })
            };
            let rows = [0.0, 1.0, -1.0, 2.0, -2.0].map(|row| Pixel::new(at.x, at.y + row * height));
            at = rows.into_iter().find(|at| is_free(*at)).unwrap_or(at);
            taken.push((at, half));
            self.items
                .push(symbols::label(name, at, size, paint.fill, paint.outline));
        }
    }

    /// openHAB's logo and text at the lower left; the text gets smaller until it fits.
    fn caption(&mut self, style: &Style, palette: &Palette, paint: Paint) {
        let cropped = style.crop != super::Crop::None;
        let scale = if cropped { 0.75 * self.scale } else { self.scale };
        let text: String = style.caption.text.trim().chars().take(MAX_CAPTION).collect();
        let width = f64::from(self.width);
        let mut size = (style.caption.font_size * scale).clamp(1.0, 4096.0);
        let mut radius = f64::from(paint.size.pixels(scale));
        if !text.is_empty() {
            // The logo, of 4.4 radii, is as high as the text, and both get smaller with it.
            let with_logo = |size: f32| font::width(&text, size) + font::height(size) * 0.7 * 4.4;
            let room = (width - 2.0 * MARGIN).max(1.0);
            if with_logo(size) > room {
                #[expect(clippy::cast_possible_truncation, reason = "a size in pixels")]
                let smaller = (f64::from(size) * room / with_logo(size)) as f32;
                size = smaller;
            }
            radius = font::height(size) * 0.7;
        }
        let at = Pixel::new(
            MARGIN + radius * 2.7,
            f64::from(self.height) - MARGIN - radius * 1.1,
        );
        // In a small picture something may be behind it.
        let top = f64::from(self.height) - MARGIN * 1.4 - radius * 2.2;
        if self.lowest().is_some_and(|lowest| lowest > top) {
            let bottom = f64::from(self.height);
            let band = [(0.0, top), (width, top), (width, bottom), (0.0, bottom)];
            let band = Outline::polygon(band.map(|(x, y)| Pixel::new(x, y)));
            self.items
                .push(Item::Shape(Shape::filled(band, palette.outside.with_alpha(0xc0))));
        }
        let detail = palette.outside.with_alpha(255);
        self.items.extend(symbols::logo(at, radius, paint.fill, detail));
        if !text.is_empty() {
            self.items.push(Item::Label(Label {
                text,
                at: Pixel::new(at.x + radius * 1.6, at.y + font::height(size) / 2.0),
                size,
                color: paint.fill,
                halo: Rgba::TRANSPARENT,
            }));
        }
    }

    /// The lower edge of all cells that aren't outside, in pixels.
    fn lowest(&self) -> Option<f64> {
        let used = self.image.used()?;
        let grid = self.image.grid();
        let corners = [
            (used.west, used.south),
            (used.east + 1, used.south),
            (used.west, used.north + 1),
            (used.east + 1, used.north + 1),
        ];
        let edges = corners.map(|(x, y)| self.transform.pixel(grid.corner(x, y)).y);
        edges.into_iter().reduce(f64::max)
    }

    fn text(&mut self, text: &super::Text) {
        let size = text.size.clamp(0.0, 4096.0);
        let at = Pixel::new(
            f64::from(self.width) * text.x / 100.0,
            f64::from(self.height) * text.y / 100.0 + font::height(size),
        );
        self.items.push(Item::Label(Label {
            text: text.text.chars().take(MAX_CAPTION).collect(),
            at,
            size,
            color: text.color,
            halo: Rgba::TRANSPARENT,
        }));
    }
}

/// Turns a picture, and makes it so large that all of it can be seen.
fn turn(base: Transform, width: u32, height: u32, degrees: f64) -> (Turn, Transform, u32, u32) {
    let (w, h) = (f64::from(width), f64::from(height));
    let degrees = degrees - libm::floor(degrees / 360.0) * 360.0;
    if degrees == 90.0 {
        return (
            Turn::Quarters(1),
            base.turned(1.0, 0.0).moved(h, 0.0),
            height,
            width,
        );
    }
    if degrees == 180.0 {
        return (
            Turn::Quarters(2),
            base.turned(0.0, -1.0).moved(w, h),
            width,
            height,
        );
    }
    if degrees == 270.0 {
        return (
            Turn::Quarters(3),
            base.turned(-1.0, 0.0).moved(0.0, w),
            height,
            width,
        );
    }
    if degrees == 0.0 || width == 0 || height == 0 {
        return (Turn::Quarters(0), base, width, height);
    }
    let (sin, cos) = libm::sincos(degrees.to_radians());
    let corners = [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)];
    let turned = corners.map(|(x, y)| (x * cos - y * sin, x * sin + y * cos));
    let (mut least, mut most) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for (x, y) in turned {
        least = (least.0.min(x), least.1.min(y));
        most = (most.0.max(x), most.1.max(y));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let side = |least: f64, most: f64| libm::ceil(most - least - 1e-9) as u32;
    (
        Turn::Free,
        base.turned(sin, cos).moved(-least.0, -least.1),
        side(least.0, most.0),
        side(least.1, most.1),
    )
}

/// For each room a place in the middle of its widest part.
fn label_places(image: &Image) -> Vec<(u8, Mm)> {
    let rooms = image.rooms();
    let places = rooms.iter().filter_map(|room| {
        let bounds = room.bounds?;
        let (width, height) = (bounds.east - bounds.west + 3, bounds.north - bounds.south + 3);
        let index = |x: u32, y: u32| y as usize * width as usize + x as usize;
        // How far each cell is from the next that isn't floor of the room, in steps of a chess king.
        let mut far = vec![0_u32; index(0, height)];
        let mut best = (0, 0, 0, 0);
        for backwards in [false, true] {
            for y in 1..height - 1 {
                for x in 1..width - 1 {
                    let (x, y) = if backwards {
                        (width - 1 - x, height - 1 - y)
                    } else {
                        (x, y)
                    };
                    let cell = image.cell(bounds.west + x - 1, bounds.south + y - 1)?;
                    if cell.kind != CellKind::Floor || cell.room != Some(room.id) {
                        continue;
                    }
                    let near = if backwards {
                        [(x + 1, y), (x + 1, y + 1), (x, y + 1), (x - 1, y + 1)]
                    } else {
                        [(x - 1, y), (x - 1, y - 1), (x, y - 1), (x + 1, y - 1)]
                    };
                    let least = near.iter().filter_map(|(x, y)| far.get(index(*x, *y))).min();
                    let distance = least.copied().unwrap_or_default() + 1;
                    let place = far.get_mut(index(x, y))?;
                    *place = if backwards { distance.min(*place) } else { distance };
                    // Of several such places that nearest to the middle.
                    let aside = x.abs_diff(width / 2) + y.abs_diff(height / 2);
                    if backwards && (*place > best.0 || *place == best.0 && aside < best.3) {
                        best = (*place, x, y, aside);
                    }
                }
            }
        }
        let (distance, x, y, _) = best;
        (distance > 0).then(|| {
            (
                room.id,
                image.grid().middle(bounds.west + x - 1, bounds.south + y - 1),
            )
        })
    });
    places.collect()
}

/// A picture that can't be drawn.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// The scale is out of range.
    #[error("a scale of {scale} isn't above 0 and up to 64")]
    Scale {
        /// What it is.
        scale: f32,
    },
    /// The rotation is no number.
    #[error("the rotation isn't a number of degrees")]
    Rotation,
    /// The picture would be too large.
    #[error("a picture of {width} x {height} pixels has more than {limit}")]
    TooLarge {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// The limit, [`Style::max_pixels`].
        limit: u64,
    },
    /// The PNG encoder failed.
    #[error("the picture can't be encoded")]
    Encode,
}

impl DrawError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Scale { .. } => Some("Take a scale such as 4: so many pixels become a cell of 5 cm."),
            Self::Rotation => Some("Take a number such as 90."),
            Self::TooLarge { .. } => Some("Take a smaller scale, or crop."),
            Self::Encode => None,
        }
    }
}

const MAX_SCALE: f32 = 64.0;
/// Around the logo, in pixels.
const MARGIN: f64 = 5.0;
/// Height of a room's name in pixels, below which it can't be read.
const LEAST_TEXT: f32 = 9.0;
/// Characters of a text.
const MAX_CAPTION: usize = 200;
