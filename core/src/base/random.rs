//! Random numbers keyed by what they are for.
/// x
pub struct Random(u64);
impl Random {
    /// x
    pub fn keyed(a: u64, b: u64) -> Self {
        Random(a ^ b.wrapping_mul(0x9e3779b97f4a7c15))
    }
    /// x
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }
    /// x
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * f64::EPSILON / 2.0
    }
}
