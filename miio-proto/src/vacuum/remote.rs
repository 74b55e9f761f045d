//! Remote control: `app_rc_start`, moves, `app_rc_end`.

use serde_json::json;

use super::CommandError;
use crate::Request;

/// A remote-control session. Its moves are numbered from 1.
///
/// After [`start`](Self::start) wait until the state is `Manual`, up to three times 2 seconds.
///
/// ```
/// use miio_proto::vacuum::Remote;
///
/// let mut remote = Remote::default();
/// let request = remote.go(90, 0.2, 1500)?;
/// assert_eq!(request.params[0]["omega"], 1.6);
/// assert_eq!(request.params[0]["seqnum"], 1);
/// # Ok::<(), miio_proto::vacuum::CommandError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Remote {
    sequence: u32,
}

impl Remote {
    /// The request that begins it.
    #[must_use]
    pub fn start(&mut self) -> Request {
        self.sequence = 0;
        Request::new("app_rc_start", json!([]))
    }

    /// One move: `rotation` in degrees (-180 to 180), `velocity` in m/s (-0.3 to 0.3), `duration_ms` (1500 is
    /// usual).
    ///
    /// # Errors
    ///
    /// Rotation or velocity outside the range; the number isn't used up then.
    pub fn go(&mut self, rotation: i16, velocity: f64, duration_ms: u32) -> Result<Request, CommandError> {
        let request = Self::numbered(rotation, velocity, duration_ms, self.sequence + 1)?;
        self.sequence += 1;
        Ok(request)
    }

    /// One move with a number of the caller's.
    ///
    /// # Errors
    ///
    /// As [`go`](Self::go).
    pub fn numbered(
        rotation: i16,
        velocity: f64,
        duration_ms: u32,
        sequence: u32,
    ) -> Result<Request, CommandError> {
        if !(-180..=180).contains(&rotation) {
            return Err(CommandError::Rotation { found: rotation });
        }
        if !(-0.3..=0.3).contains(&velocity) {
            return Err(CommandError::Velocity);
        }
        let tenths = f64::from(rotation).to_radians() * 10.0;
        let half = if tenths < 0.0 { -0.5 } else { 0.5 };
        let omega = f64::from((tenths + half) as i32) / 10.0;
        Ok(Request::new(
            "app_rc_move",
            json!([{"omega": omega, "velocity": velocity, "duration": duration_ms, "seqnum": sequence}]),
        )
        .once())
    }

    /// The request that ends it.
    #[must_use]
    pub fn end(&self) -> Request {
        Request::new("app_rc_end", json!([]))
    }
}
