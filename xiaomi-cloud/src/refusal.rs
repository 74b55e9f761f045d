//! What the account server's codes mean, and what its Chinese descriptions say.

/// Why the account server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// User name, password or what was sent with them is wrong.
    BadCredentials,
    /// A parameter is missing or illegal: this crate or the server has a fault.
    BadRequest,
    /// Too many attempts, or risk control.
    RateLimited,
    /// The account is restricted.
    AccountRestricted,
    /// The service (sid) is forbidden for this account or client.
    AppDenied,
    /// The pass token isn't valid any more.
    ReloginRequired,
    /// A second verification is needed, but the server didn't say where.
    VerificationRequired,
    /// A captcha is needed, but the server didn't say where its picture is.
    CaptchaRequired,
    /// The code of the SMS or email is wrong or empty.
    TicketWrong,
    /// The day's codes by SMS or email are used up.
    TicketQuota,
    /// Any other code.
    AccountError,
}

/// One of the account server's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountCode(pub i64);

impl AccountCode {
    /// What kind of refusal it is; unknown codes are [`Refusal::AccountError`].
    #[must_use]
    pub fn refusal(self) -> Refusal {
        self.row()
            .map_or(Refusal::AccountError, |(_, refusal, _)| *refusal)
    }

    /// What it means, in English, if it is known.
    #[must_use]
    pub fn meaning(self) -> Option<&'static str> {
        self.row().map(|(_, _, meaning)| *meaning)
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(self) -> Option<&'static str> {
        self.refusal().help()
    }

    fn row(self) -> Option<&'static (i64, Refusal, &'static str)> {
        let index = CODES.binary_search_by_key(&self.0, |(code, _, _)| *code).ok()?;
        CODES.get(index)
    }
}

impl Refusal {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::BadCredentials => {
                "Check user name and password at account.xiaomi.com; some accounts log in only with the numeric account \
                 id, and blockers of xiaomi.com give this answer too. Logging in by QR code needs no password."
            }
            Self::RateLimited => {
                "Wait half an hour before the next attempt, each further one extends the block; or log in by QR code."
            }
            Self::AccountRestricted => "Open account.xiaomi.com in a browser and answer what it asks.",
            Self::AppDenied => "The service name (sid) doesn't fit: use `xiaomiio`, the default.",
            Self::ReloginRequired => "Log in again with the password or by QR code.",
            Self::VerificationRequired => {
                "Log in at account.xiaomi.com from the same network, confirm what it asks, and try again."
            }
            Self::CaptchaRequired => "Log in by QR code: it needs no captcha.",
            Self::TicketWrong => "Type the newest code, without the text around it.",
            Self::TicketQuota => {
                "The codes of this day are used up: try again tomorrow, or log in by QR code, which needs none."
            }
            Self::BadRequest | Self::AccountError => {
                "Log in once at account.xiaomi.com in a browser; if that works, log in here by QR code."
            }
        })
    }
}

/// An English translation of a description that the server sends in Chinese, where it is known.
#[must_use]
pub fn translate(description: &str) -> Option<&'static str> {
    let index = TRANSLATIONS
        .binary_search_by_key(&description.trim(), |(chinese, _)| *chinese)
        .ok()?;
    TRANSLATIONS.get(index).map(|(_, english)| *english)
}

/// Code, kind, meaning; sorted by code.
#[rustfmt::skip]
const CODES: &[(i64, Refusal, &str)] = &[
    (10016, Refusal::BadRequest, "a required parameter is missing"),
    (10017, Refusal::BadRequest, "illegal parameter"),
    (10031, Refusal::RateLimited, "request restricted (too many requests or risk control)"),
    (20003, Refusal::BadCredentials, "user name does not exist"),
    (20023, Refusal::AccountRestricted, "account is restricted"),
    (20031, Refusal::CaptchaRequired, "captcha needed (change-password call)"),
    (21317, Refusal::ReloginRequired, "token is invalid"),
    (22009, Refusal::AppDenied, "application/service name forbidden (wrong sid)"),
    (25001, Refusal::AccountError, "phone number is already registered"),
    (25004, Refusal::RateLimited, "account creation over the limit"),
    (25005, Refusal::AccountError, "external address already used"),
    (25009, Refusal::AccountError, "secure address must be deleted first"),
    (70001, Refusal::BadCredentials, "old password is wrong (change-password call)"),
    (70002, Refusal::BadCredentials, "user name or password rejected"),
    (70003, Refusal::BadCredentials, "password invalid (format/strength)"),
    (70006, Refusal::BadRequest, "email address invalid"),
    (70012, Refusal::TicketWrong, "verification code is empty"),
    (70013, Refusal::AccountError, "address used by another account"),
    (70014, Refusal::TicketWrong, "verification code is wrong"),
    (70016, Refusal::BadCredentials, "login verification failed; in the answer to the first serviceLogin it only means not logged in"),
    (70021, Refusal::AccountError, "address already used by this account"),
    (70022, Refusal::TicketQuota, "limit reached (SMS/email quota)"),
    (70069, Refusal::AccountError, "secure-element signature error"),
    (81003, Refusal::VerificationRequired, "second verification step needed"),
    (87001, Refusal::CaptchaRequired, "captcha needed, or the captcha answer was wrong"),
    (110021001, Refusal::BadCredentials, "password invalid (newer call)"),
    (110071001, Refusal::BadRequest, "password equals the email address"),
];

/// Chinese text, English text; sorted by the Chinese.
#[rustfmt::skip]
const TRANSLATIONS: &[(&str, &str)] = &[
    ("参数错误", "illegal parameter"),
    ("密码错误", "the password is wrong"),
    ("成功", "success"),
    ("操作过于频繁", "too many operations"),
    ("操作过于频繁，请稍后再试", "too many operations, try again later"),
    ("无效的请求", "invalid request"),
    ("服务器错误", "server error"),
    ("用户不存在", "the user does not exist"),
    ("用户名不存在", "the user name does not exist"),
    ("用户名或密码不正确", "user name or password is wrong"),
    ("登录失败", "login failed"),
    ("登录验证失败", "login verification failed"),
    ("系统错误", "system error"),
    ("缺少参数", "a parameter is missing"),
    ("请求受限", "request restricted"),
    ("请求过于频繁", "too many requests"),
    ("账号被限制", "the account is restricted"),
    ("达到上限", "the limit is reached"),
    ("需要二次验证", "a second verification is needed"),
    ("验证码已过期", "the verification code has expired"),
    ("验证码输入错误", "the captcha is wrong or needed"),
    ("验证码错误", "the verification code is wrong"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_unique() {
        assert!(CODES.is_sorted_by(|(a, ..), (b, ..)| a < b));
        assert!(TRANSLATIONS.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn every_code_has_a_meaning_and_a_remedy() {
        for (code, ..) in CODES {
            assert!(AccountCode(*code).meaning().is_some() && AccountCode(*code).help().is_some());
        }
        assert_eq!(AccountCode(70016).refusal(), Refusal::BadCredentials);
        assert_eq!(AccountCode(4242).refusal(), Refusal::AccountError);
        assert_eq!(translate(" 请求受限"), Some("request restricted"));
    }
}
