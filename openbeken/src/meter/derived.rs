/// What follows from voltage, current and power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Derived {
    /// VA.
    pub apparent: f64,
    /// var.
    pub reactive: f64,
    /// Power factor; 1 without a load.
    pub factor: f64,
}

impl Derived {
    /// From V, A and W.
    #[must_use]
    pub fn of(volts: f64, amperes: f64, watts: f64) -> Self {
        let apparent = volts * amperes;
        let reactive = if apparent <= libm::fabs(watts) {
            0.0
        } else {
            libm::sqrt(apparent * apparent - watts * watts)
        };
        let factor = if apparent == 0.0 { 1.0 } else { watts / apparent };
        Self {
            apparent,
            reactive,
            factor,
        }
    }
}
