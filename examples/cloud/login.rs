//! Logs in, and asks the user whatever the login asks.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use getrandom::SysRng;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use rand_core::UnwrapErr;
use serde_json::json;
use xiaomi_cloud::login::AnswerError;
use xiaomi_cloud::{Identity, Login, LoginEvent, Password, Question};

use crate::Context;
use crate::failure::Failure;
use crate::private_file::write_private;
use crate::simulate;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Email address, phone number with country code, or numeric account id; asked for if absent
    #[arg(long)]
    user: Option<String>,
    /// Log in by QR code: no password, no captcha
    #[arg(long, conflicts_with = "user")]
    qr: bool,
    /// Read the password from standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
    /// The service: xiaomiio (Mi Home), mijia, micoapi
    #[arg(long, default_value = "xiaomiio")]
    sid: String,
}

impl Arguments {
    pub(crate) fn scripted() -> Self {
        Self {
            user: Some(simulate::USER.into()),
            qr: false,
            password_stdin: false,
            sid: "xiaomiio".into(),
        }
    }
}

pub(crate) async fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    // The same identity each time: a new one makes questions more likely.
    let identity = match context.store.credentials() {
        Some(credentials) => credentials.identity,
        None => Identity::random(&mut UnwrapErr(SysRng)),
    };
    let login = if arguments.qr {
        Login::qr(identity)
    } else {
        let user = match &arguments.user {
            Some(user) => user.clone(),
            None => ask("User (email, phone number or account id): ")?,
        };
        Login::password(identity, user, password(context, arguments)?)
    };
    let mut login = login.sid(arguments.sid.as_str());
    let mut picture = Picture(None);
    loop {
        match context.http.login(&mut login).await {
            LoginEvent::LoggedIn(credentials) => {
                context.store.write(&credentials)?;
                let place = context.store.place();
                context.output.line(
                    format_args!("Logged in as {}. Session: {place}", credentials.user_id),
                    &json!({"user_id": credentials.user_id, "session": place}),
                );
                return Ok(());
            }
            LoginEvent::Ask(question) => answer(context, &mut login, &question, &mut picture)?,
            LoginEvent::Failed(error) => return Err(Failure::new(&error).help_of(error.help())),
            _ => {}
        }
    }
}

fn password(context: &Context, arguments: &Arguments) -> Result<Password, Failure> {
    if arguments.password_stdin {
        let mut line = zeroize::Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line)?;
        return Ok(Password::new(line.trim_end_matches(['\r', '\n'])));
    }
    if context.simulated && (!io::stdin().is_terminal() || arguments.user.is_some()) {
        return Ok(Password::new(simulate::PASSWORD));
    }
    let text = rpassword::prompt_password("Password: ").map_err(|error| {
        Failure::new(format!("the password can't be asked for: {error}"))
            .help("Run this in a terminal, give the password with --password-stdin, or log in with --qr.")
    })?;
    Ok(Password::new(text))
}

fn answer(
    context: &Context,
    login: &mut Login,
    question: &Question,
    picture: &mut Picture,
) -> Result<(), Failure> {
    let output = context.output;
    output.note(question.help());
    match question {
        Question::Captcha { image, wrong, .. } => {
            let kind = if image.starts_with(b"\x89PNG") {
                "png"
            } else {
                "jpg"
            };
            let path = std::env::temp_dir().join(format!("xiaomi-captcha-{}.{kind}", std::process::id()));
            write_private(&path, image)?;
            output.note(format_args!(
                "{}The captcha is in {}",
                if *wrong { "That was wrong. " } else { "" },
                path.display()
            ));
            picture.0 = Some(path);
            until_taken(|| {
                let text = reply(context, "Characters in the picture: ", simulate::CAPTCHA)?;
                Ok(login.answer_captcha(&text))
            })
        }
        Question::Ticket {
            via, masked, wrong, ..
        } => {
            let place = masked.as_deref().unwrap_or("you");
            output.note(format_args!(
                "{}A code was sent to {place} ({via:?}).",
                if *wrong { "That was wrong. " } else { "" }
            ));
            until_taken(|| {
                let text = reply(context, "Code: ", simulate::TICKET)?;
                Ok(login.answer_ticket(&text))
            })
        }
        Question::OpenUrl { url, .. } => {
            output.note(format_args!("Open {url}"));
            reply(context, "Press Enter when it is done. ", "")?;
            until_taken(|| Ok(login.browser_done()))
        }
        Question::ScanQr {
            login_url,
            expires_in,
            ..
        } => {
            if let Ok(code) = QrCode::new(login_url) {
                output.note(code.render::<Dense1x2>().quiet_zone(true).build());
            }
            output.note(format_args!(
                "{login_url}\nIt is valid for {} s.",
                expires_in.as_secs()
            ));
            Ok(())
        }
        _ => Err(Failure::new(
            "the login asks something that this program doesn't know",
        )),
    }
}

/// Asks again while an answer isn't taken.
fn until_taken(mut ask: impl FnMut() -> Result<Result<(), AnswerError>, Failure>) -> Result<(), Failure> {
    loop {
        match ask()? {
            Ok(()) => return Ok(()),
            Err(error @ (AnswerError::Empty | AnswerError::TooLong { .. })) => {
                eprintln!("{error}. {}", error.help().unwrap_or_default());
            }
            Err(error) => return Err(Failure::new(error).help_of(error.help())),
        }
    }
}

fn reply(context: &Context, prompt: &str, simulated: &str) -> Result<String, Failure> {
    if context.simulated {
        context.output.note(format_args!("{prompt}{simulated}"));
        return Ok(simulated.into());
    }
    ask(prompt)
}

fn ask(prompt: &str) -> Result<String, Failure> {
    eprint!("{prompt}");
    io::stderr().flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(Failure::new("the input is over").help("Run this in a terminal."));
    }
    Ok(line.trim().into())
}

/// The captcha's file, which doesn't stay.
struct Picture(Option<PathBuf>);

impl Drop for Picture {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}
