//! Joining a Wi-Fi network: passwords and keys, what access points offer and answer, what logs say, and why it fails.

mod cause;
mod code_table;
mod codes;
mod diagnose;
mod evidence;
mod join;
mod key;
mod log;
mod redact;
mod remedy;
mod rsne;
mod scan;

pub use self::cause::Cause;
pub use self::codes::{Code, FirmwareStatus};
pub use self::diagnose::{Diagnosis, Finding, Known, diagnose};
pub use self::evidence::Evidence;
pub use self::join::{AccessPoint, Authentication, JoinOutcome, Station};
pub use self::key::{MAX_SCALAR, Passphrase, PassphraseError, PassphraseKind, Pmk, PmkidAkm, sae_pmkid};
pub use self::log::{CipherScope, ConnectParam, LogEvent, ObkTick};
pub use self::remedy::Remedy;
pub use self::rsne::{Akm, Rsne, RsneError, Suite};
