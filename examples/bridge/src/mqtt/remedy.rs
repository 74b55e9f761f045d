//! What a person can do about a connection that failed.

use std::io;

use rumqttc::TlsError;
use rumqttc::v5::mqttbytes::Error as MqttError;
use rumqttc::v5::mqttbytes::v5::ConnectReturnCode as Code;
use rumqttc::v5::{ConnectionError, StateError};
use rustls::{AlertDescription as Alert, CertificateError as Bad, Error as Tls};

/// The remedy, in one sentence. `stood` says whether the broker had accepted the connection before.
pub(super) fn of(error: &ConnectionError, stood: bool) -> Option<&'static str> {
    if let Some(error) = tls(error) {
        return Some(of_tls(error));
    }
    Some(match error {
        ConnectionError::ConnectionRefused(code)
        | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => return of_refusal(*code),
        ConnectionError::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "Nothing listens there: start the broker, or compare mqtt.host and mqtt.port."
        }
        ConnectionError::Timeout(_) => "The broker doesn't answer: compare mqtt.host and mqtt.port.",
        ConnectionError::Tls(_) => NOT_TLS,
        _ if !stood => {
            "Compare mqtt.port with the broker's; if it speaks TLS there, write a table [mqtt.tls]. Its log may say more."
        }
        _ => return None,
    })
}

fn of_refusal(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::BadUserNamePassword | Code::NotAuthorized => {
            "Compare mqtt.username and mqtt.password with the broker's."
        }
        Code::UnsupportedProtocolVersion | Code::RefusedProtocolVersion => {
            "The broker must speak MQTT 5: mosquitto does from 1.6 on."
        }
        Code::ClientIdentifierNotValid | Code::BadClientId => "Choose another mqtt.client_id.",
        _ => return None,
    })
}

fn of_tls(error: &Tls) -> &'static str {
    match error {
        Tls::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "The broker's certificate is for another name: write mqtt.host as it stands there."
        }
        Tls::InvalidCertificate(
            Bad::Expired | Bad::ExpiredContext { .. } | Bad::NotValidYet | Bad::NotValidYetContext { .. },
        ) => "Renew the broker's certificate, or set this machine's clock.",
        Tls::InvalidCertificate(_) => {
            "Set mqtt.tls.ca to the authority that signed the broker's certificate."
        }
        Tls::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::CertificateUnknown
            | Alert::HandshakeFailure,
        ) => "The broker wants a certificate that it trusts: set mqtt.tls.certificate and mqtt.tls.key.",
        _ => NOT_TLS,
    }
}

/// What TLS says; it may be below several layers, and after the handshake too.
fn tls(error: &ConnectionError) -> Option<&Tls> {
    let error = match error {
        ConnectionError::Tls(TlsError::TLS(error)) => return Some(error),
        ConnectionError::Tls(TlsError::Io(error))
        | ConnectionError::Io(error)
        | ConnectionError::MqttState(
            StateError::Io(error) | StateError::Deserialization(MqttError::Io(error)),
        ) => error,
        _ => return None,
    };
    error.get_ref()?.downcast_ref()
}

const NOT_TLS: &str =
    "Compare mqtt.port with the broker's: if it doesn't speak TLS there, take the table [mqtt.tls] away.";
