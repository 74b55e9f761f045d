//! A client and the fake cloud, with time that passes as fast as it likes.

#![allow(dead_code, unreachable_pub, reason = "several tests share it")]

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use xiaomi_cloud::api::Call;
use xiaomi_cloud::server::{Account, Cloud};
use xiaomi_cloud::{
    ApiError, Credentials, Failure, Identity, Login, LoginError, LoginEvent, Password, Question, Region,
    Session, SessionEvent, Transmit,
};

pub const NOW: Duration = Duration::from_secs(1_763_629_200);

pub struct World {
    pub cloud: Cloud,
    pub now: Duration,
    pub generator: ChaCha20Rng,
    pub events: VecDeque<SessionEvent>,
    /// Seconds that the server's clock is ahead.
    pub server_ahead: i64,
}

pub fn seeded(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Logs in without anything in the way.
pub fn credentials(world: &mut World) -> Credentials {
    let mut login = world.login();
    match world.run(&mut login) {
        Some(LoginEvent::LoggedIn(credentials)) => *credentials,
        other => panic!("{other:?}"),
    }
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            cloud: Cloud::new(seed, Account::new("user@example.com", "correct", "1000000001")),
            now: NOW,
            generator: seeded(seed),
            events: VecDeque::new(),
            server_ahead: 0,
        }
    }

    pub fn identity(&mut self) -> Identity {
        Identity::random(&mut self.generator)
    }

    pub fn login(&mut self) -> Login {
        Login::password(self.identity(), "user@example.com", Password::new("correct"))
    }

    pub fn session(&mut self) -> Session {
        Session::new(credentials(self))
    }

    pub fn hosts(&self) -> Vec<String> {
        self.cloud.seen().map(|seen| seen.host.clone()).collect()
    }

    pub fn answer(&mut self, transmit: &Transmit) -> Response<Bytes> {
        let uri = transmit.request.uri();
        assert_eq!(uri.scheme_str(), Some("https"));
        let ahead = Duration::from_secs(self.server_ahead.unsigned_abs());
        let server = if self.server_ahead < 0 {
            self.now - ahead
        } else {
            self.now + ahead
        };
        self.cloud.handle(server, &transmit.request)
    }

    /// Runs a login until it says something or can't go on; time passes where it waits.
    pub fn run(&mut self, login: &mut Login) -> Option<LoginEvent> {
        for _ in 0..10_000 {
            if let Some(event) = login.poll_event() {
                return Some(event);
            }
            if let Some(transmit) = login.poll_transmit(self.now) {
                let response = self.answer(&transmit);
                login.handle_response(self.now, transmit.id, &response);
            } else {
                let next = login.poll_timeout()?;
                assert!(next > self.now, "it waits for the past");
                self.now = next;
                login.handle_timeout(self.now);
            }
        }
        panic!("a login without end");
    }

    /// Sends what the session has, until it waits for nothing but time.
    pub fn turn(&mut self, session: &mut Session) {
        for _ in 0..100_000 {
            while let Some(event) = session.poll_event() {
                self.events.push_back(event);
            }
            if let Some(transmit) = session.poll_transmit(self.now, &mut self.generator) {
                let response = self.answer(&transmit);
                session.handle_response(self.now, transmit.id, &response);
            } else if let Some(next) = session.poll_timeout().filter(|next| *next > self.now) {
                self.now = next;
                session.handle_timeout(self.now);
            } else {
                while let Some(event) = session.poll_event() {
                    self.events.push_back(event);
                }
                return;
            }
        }
        panic!("a session without end");
    }

    /// One call, to its end.
    pub fn call<C: Call>(&mut self, session: &mut Session, call: &C) -> Result<C::Output, ApiError> {
        let id = session.call(Region::Germany, call);
        self.turn(session);
        for event in &self.events {
            match event {
                SessionEvent::Answered { call: done, answer } if *done == id => return call.read(answer),
                SessionEvent::Failed { call: done, error } if *done == id => return Err(error.clone()),
                _ => {}
            }
        }
        panic!("a call without end");
    }

    /// Requests and answers get lost, come late, twice, and in another order.
    pub fn bad_link(&mut self, session: &mut Session, seed: u64) {
        let mut dice = seeded(seed ^ 0x5eed);
        let mut air: Vec<(Duration, xiaomi_cloud::RequestId, Option<Response<Bytes>>)> = Vec::new();
        for _ in 0..10_000 {
            while let Some(event) = session.poll_event() {
                self.events.push_back(event);
            }
            while let Some(transmit) = session.poll_transmit(self.now, &mut self.generator) {
                let fate = dice.next_u32() % 100;
                let delay = Duration::from_millis(u64::from(dice.next_u32() % 3000));
                if fate < 10 {
                    // The request got lost.
                    air.push((self.now + transmit.timeout, transmit.id, None));
                    continue;
                }
                let response = self.answer(&transmit);
                match fate {
                    10..20 => air.push((self.now + transmit.timeout, transmit.id, None)),
                    // Nobody ever tells.
                    20..23 => {}
                    23..30 => {
                        air.push((self.now + delay, transmit.id, Some(response.clone())));
                        air.push((self.now + delay * 2, transmit.id, Some(response)));
                    }
                    30..35 => {
                        let cut = response.body().slice(..response.body().len() / 2);
                        air.push((self.now + delay, transmit.id, Some(response.map(|_| cut))));
                    }
                    _ => air.push((self.now + delay, transmit.id, Some(response))),
                }
            }
            let arrives = air.iter().map(|(time, ..)| *time).min();
            let Some(next) = arrives.into_iter().chain(session.poll_timeout()).min() else {
                self.events.extend(std::iter::from_fn(|| session.poll_event()));
                return;
            };
            self.now = next.max(self.now);
            session.handle_timeout(self.now);
            let (due, later): (Vec<_>, Vec<_>) = air.drain(..).partition(|(time, ..)| *time <= self.now);
            air = later;
            for (_, id, response) in due {
                match response {
                    Some(response) => session.handle_response(self.now, id, &response),
                    None => session.handle_failure(self.now, id, Failure::Timeout),
                }
            }
        }
        panic!("seed {seed}: a session without end");
    }

    /// A login over such a link, with a user who answers everything.
    pub fn bad_login(&mut self, login: &mut Login, seed: u64) -> Result<Box<Credentials>, LoginError> {
        let mut dice = seeded(seed ^ 0xd1ce);
        for _ in 0..1000 {
            while let Some(event) = login.poll_event() {
                match event {
                    LoginEvent::LoggedIn(credentials) => return Ok(credentials),
                    LoginEvent::Failed(error) => return Err(error),
                    LoginEvent::Ask(Question::Captcha { .. }) => login.answer_captcha("aBcD").unwrap(),
                    // A code that never comes is asked for again.
                    LoginEvent::Ask(Question::Ticket { wrong: true, .. })
                        if dice.next_u32().is_multiple_of(2) =>
                    {
                        self.now += Duration::from_secs(61);
                        login.resend_ticket(self.now).unwrap();
                    }
                    LoginEvent::Ask(Question::Ticket { .. }) => {
                        let code = if dice.next_u32().is_multiple_of(4) {
                            "000000"
                        } else {
                            "123456"
                        };
                        login.answer_ticket(code).unwrap();
                    }
                    LoginEvent::Ask(Question::OpenUrl { .. }) => login.browser_done().unwrap(),
                    LoginEvent::Ask(_) => {}
                    other => panic!("{other:?}"),
                }
                // The program is stopped and started again.
                if dice.next_u32().is_multiple_of(8) {
                    *login = Login::restore(&login.save()).unwrap();
                }
            }
            if let Some(transmit) = login.poll_transmit(self.now) {
                match dice.next_u32() % 100 {
                    0..5 => login.handle_failure(self.now, transmit.id, Failure::Unreachable),
                    fate => {
                        let response = self.answer(&transmit);
                        if fate < 10 {
                            login.handle_failure(self.now, transmit.id, Failure::Timeout);
                        } else {
                            login.handle_response(self.now, transmit.id, &response);
                            // Doubled answers change nothing.
                            login.handle_response(self.now, transmit.id, &response);
                        }
                    }
                }
            } else if let Some(next) = login.poll_timeout() {
                self.now = next.max(self.now);
                login.handle_timeout(self.now);
            }
        }
        panic!("seed {seed}: a login without end in {:?}", login.state());
    }
}
