//! What answers, and their absence, mean for calls and for the session.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Response;
use http::header::{DATE, RETRY_AFTER};
use zeroize::Zeroizing;

use super::event::{Notice, SessionEvent};
use super::{CallId, Flying, MAX_RENEWALS, Renewal, Session};
use crate::answer::Answer;
use crate::api::Call;
use crate::error::{ApiError, LoginError};
use crate::login::{Login, LoginEvent};
use crate::region::Region;
use crate::transmit::Failure;

/// A call that has no answer yet.
pub(super) struct Pending {
    pub(super) region: Region,
    pub(super) path: String,
    pub(super) data: Zeroizing<String>,
    pub(super) timeout: Duration,
    pub(super) not_before: Duration,
    repeatable: bool,
    repeats: u8,
    /// It was already repeated after the session had expired.
    renewed: bool,
    /// It was already repeated with a corrected clock.
    corrected: bool,
}

impl Pending {
    pub(super) fn new(region: Region, call: &impl Call) -> Self {
        Self {
            region,
            path: call.path().into_owned(),
            data: Zeroizing::new(call.data().to_string()),
            timeout: call.timeout(),
            not_before: Duration::ZERO,
            repeatable: call.is_repeatable(),
            repeats: 0,
            renewed: false,
            corrected: false,
        }
    }
}

impl Session {
    pub(super) fn answered(&mut self, now: Duration, flying: &Flying, response: &Response<Bytes>) {
        if !self.calls.contains_key(&flying.call) {
            return;
        }
        let body = response.body();
        let outcome = if body.len() > MAX_BODY {
            Err(ApiError::TooLong {
                found: body.len(),
                limit: MAX_BODY,
            })
        } else {
            Answer::open(response.status(), response.headers(), body, &flying.key)
        };
        match outcome {
            Ok(answer) => {
                self.calls.remove(&flying.call);
                self.events.push_back(SessionEvent::Answered {
                    call: flying.call,
                    answer,
                });
            }
            Err(ApiError::AuthExpired) => self.expired(now, flying, response),
            Err(ApiError::HttpStatus {
                status: status @ (429 | 503),
            }) => {
                self.slow_down(now, flying, response, status);
            }
            Err(error) => self.fail(flying.call, error),
        }
    }

    pub(super) fn unanswered(&mut self, now: Duration, flying: &Flying, failure: Failure) {
        let Some(call) = self.calls.get_mut(&flying.call) else {
            return;
        };
        if let Failure::TooLong(found) = failure {
            return self.fail(
                flying.call,
                ApiError::TooLong {
                    found,
                    limit: MAX_BODY,
                },
            );
        }
        if call.repeatable && call.repeats < MAX_REPEATS {
            call.repeats += 1;
            call.not_before = now + Duration::from_secs(u64::from(call.repeats));
            self.queue.push_back(flying.call);
            return self.notice(Notice::Repeated { call: flying.call });
        }
        let error = match failure {
            Failure::Timeout => ApiError::TimedOut {
                after: flying.timeout,
            },
            _ => ApiError::Unreachable,
        };
        self.fail(flying.call, error);
    }

    pub(super) fn fail(&mut self, call: CallId, error: ApiError) {
        if self.calls.remove(&call).is_some() {
            self.events.push_back(SessionEvent::Failed { call, error });
        }
    }

    fn notice(&mut self, notice: Notice) {
        self.events.push_back(SessionEvent::Notice(notice));
    }

    /// The server doesn't take the session: because of the clock, or because it is over.
    fn expired(&mut self, now: Duration, flying: &Flying, response: &Response<Bytes>) {
        let offset = clock_offset(now, response).filter(|offset| {
            // A nonce counts minutes, and the answer was on its way for a while.
            (offset - self.clock_offset_ms).unsigned_abs() > CLOCK_TOLERANCE_MS
        });
        let Some(call) = self.calls.get_mut(&flying.call) else {
            return;
        };
        if let Some(offset) = offset
            && !call.corrected
        {
            call.corrected = true;
            self.queue.push_front(flying.call);
            self.clock_offset_ms = offset;
            return self.notice(Notice::ClockOff {
                seconds: offset / 1000,
            });
        }
        if call.renewed {
            return self.fail(flying.call, ApiError::AuthExpired);
        }
        call.renewed = true;
        if flying.generation != self.generation || self.renewal.is_some() {
            // Another call has found out before.
            return self.queue.push_front(flying.call);
        }
        let just_renewed = self
            .trouble
            .renewed_at
            .is_some_and(|time| now < time + RENEWAL_PAUSE);
        if just_renewed {
            // Insisting would only get the account blocked.
            return self.fail(flying.call, ApiError::AuthExpired);
        }
        self.queue.push_front(flying.call);
        match Login::renew(&self.credentials) {
            Some(login) => self.renewal = Some(Renewal { login, flying: None }),
            None => self.renewal_failed(now, LoginError::ReloginRequired),
        }
    }

    fn slow_down(&mut self, now: Duration, flying: &Flying, response: &Response<Bytes>, status: u16) {
        let Some(call) = self.calls.get_mut(&flying.call) else {
            return;
        };
        if call.repeats >= MAX_REPEATS {
            return self.fail(flying.call, ApiError::HttpStatus { status });
        }
        call.repeats += 1;
        let wait = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map_or(Duration::from_secs(5), |seconds: u64| {
                Duration::from_secs(seconds.clamp(1, 60))
            });
        self.pause_until = self.pause_until.max(now + wait);
        self.queue.push_front(flying.call);
        self.notice(Notice::SlowDown { wait });
    }

    pub(super) fn advance_renewal(&mut self, now: Duration) {
        while let Some(event) = self
            .renewal
            .as_mut()
            .and_then(|renewal| renewal.login.poll_event())
        {
            match event {
                LoginEvent::LoggedIn(credentials) => {
                    self.credentials = *credentials;
                    self.generation += 1;
                    self.renewal = None;
                    self.trouble = super::Trouble {
                        renewed_at: Some(now),
                        ..super::Trouble::default()
                    };
                    self.events.push_back(SessionEvent::Renewed);
                }
                LoginEvent::Failed(error) => self.renewal_failed(now, error),
                // Without a password, nothing but a new login can answer.
                LoginEvent::Ask(_) => self.renewal_failed(now, LoginError::ReloginRequired),
            }
        }
    }

    fn renewal_failed(&mut self, now: Duration, error: LoginError) {
        self.renewal = None;
        let passing = matches!(error, LoginError::Unreachable | LoginError::HttpStatus { .. });
        let pause = PAUSES.get(usize::from(self.trouble.failures)).copied();
        self.trouble.failures = if passing {
            self.trouble.failures.saturating_add(1)
        } else {
            MAX_RENEWALS + 1
        };
        self.trouble.retry_at = now + pause.unwrap_or_default();
        self.trouble.error = Some(error.clone());
        if self.trouble.failures > MAX_RENEWALS {
            self.events.push_back(SessionEvent::LoginNeeded(error));
        }
    }
}

/// Milliseconds that the server's clock is ahead, by the answer's `Date`.
fn clock_offset(now: Duration, response: &Response<Bytes>) -> Option<i64> {
    let date = response.headers().get(DATE)?.to_str().ok()?;
    let date: SystemTime = httpdate::parse_http_date(date).ok()?;
    let server = date.duration_since(UNIX_EPOCH).ok()?.as_millis();
    let offset = i128::try_from(server).ok()? - i128::try_from(now.as_millis()).ok()?;
    i64::try_from(offset).ok()
}

/// The most bytes of an answer as it comes: base64 of what may be read.
pub(crate) const MAX_BODY: usize = 24 << 20;
const MAX_REPEATS: u8 = 2;
const CLOCK_TOLERANCE_MS: u64 = 120_000;
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);
const PAUSES: [Duration; 3] = [
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(1800),
];
