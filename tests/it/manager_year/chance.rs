//! A seeded random generator, so that a story can be repeated.

/// A generator of numbers (an LCG with Knuth's constants, its upper half).
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another one, which depends on a name and on nothing that was drawn here.
    pub fn of(&self, name: &str) -> Self {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let mut other = Self(name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ self.0, step));
        other.next();
        other
    }

    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap_or_default()
    }

    /// A number below another.
    pub fn below(&mut self, end: u32) -> u32 {
        self.next() % end
    }

    /// Whether it falls so, at this many in a hundred.
    pub fn is(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}
