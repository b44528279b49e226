//! Time stamps (RFC 3161): the question, and whether an answer may be kept. Nothing of an answer is believed before all of it
//! fits: it is about our bytes, it answers this question, and a certificate whose only purpose is time stamping signed it.

use cmpv2::status::PkiStatus;
use cms::cert::CertificateChoices;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::{Any, Decode as _, Encode as _, Sequence, Tag, Tagged as _};
use ring::digest::{self, digest};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use std::path::Path;
use std::time::Duration;
use webpki::ring as algs;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::attr::Attributes;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectKeyIdentifier};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// The same without tag and length.
const TIME_STAMPING_BYTES: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Largest answer, in bytes: a token with its certificates has some thousands.
pub(super) const LARGEST: usize = 128 * 1024;

/// Why there is no time stamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TspError {
    /// No connection, or none in time.
    #[error("the authority cannot be reached: {0}")]
    Unreachable(String),
    /// Another status than 200.
    #[error("the authority answers with the status {0}")]
    HttpStatus(u16),
    /// Larger than any honest answer.
    #[error("the answer has more than {LARGEST} bytes")]
    TooLarge,
    /// No answer of this protocol.
    #[error("the answer cannot be read: {0}")]
    Malformed(String),
    /// The authority does not want to.
    #[error("the authority refuses: {0}")]
    Refused(String),
    /// About other bytes.
    #[error("the answer is about something else")]
    Imprint,
    /// To another question: perhaps an old answer, sent again.
    #[error("the answer is to another question")]
    Nonce,
    /// The signer's certificate is not in it, or is not the one that it names.
    #[error("the certificate that signed is not in the answer")]
    Certificate,
    /// A certificate for something else, or not valid at that time.
    #[error("the certificate is not one for time stamping alone, or was not valid at that time")]
    Purpose,
    /// Digests or signatures of another kind than those that are known here.
    #[error("the algorithm {0} is not known here")]
    Algorithm(String),
    /// It does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// Not by the authority that `tsa_ca` names.
    #[error("the certificate does not lead to one in tsa_ca: {0}")]
    Untrusted(String),
}

impl TspError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "tsa_unreachable",
            Self::HttpStatus(_) => "tsa_http_status",
            Self::TooLarge => "tsa_too_large",
            Self::Malformed(_) => "tsa_malformed",
            Self::Refused(_) => "tsa_refused",
            Self::Imprint => "tsa_imprint",
            Self::Nonce => "tsa_nonce",
            Self::Certificate => "tsa_certificate",
            Self::Purpose => "tsa_purpose",
            Self::Algorithm(_) => "tsa_algorithm",
            Self::Signature => "tsa_signature",
            Self::Untrusted(_) => "tsa_untrusted",
        }
    }
}

fn malformed(e: der::Error) -> TspError {
    TspError::Malformed(e.to_string())
}

/// A question for a time stamp.
#[derive(Clone, Debug)]
pub struct Query {
    /// As it is posted.
    pub der: Vec<u8>,
    imprint: [u8; 32],
    nonce: Int,
}

impl Query {
    /// For the SHA-256 of what is stamped, with fresh randomness.
    ///
    /// # Errors
    /// None that can occur: everything has its proper form.
    pub fn new(imprint: [u8; 32], mut random: [u8; 16]) -> Result<Self, TspError> {
        // A positive integer in its shortest form, whatever the randomness is.
        random[0] = random[0] & 0x3f | 0x40;
        let nonce = Int::new(&random).map_err(malformed)?;
        let algorithm = AlgorithmIdentifierOwned { oid: SHA256, parameters: Some(Any::null()) };
        let hashed_message = OctetString::new(imprint).map_err(malformed)?;
        let question = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint { hash_algorithm: algorithm, hashed_message },
            req_policy: None,
            nonce: Some(nonce.clone()),
            cert_req: true,
            extensions: None,
        };
        Ok(Self { der: question.to_der().map_err(malformed)?, imprint, nonce })
    }
}

/// The certificates that are believed: authorities, or the signer's own.
#[derive(Clone, Debug)]
pub struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// Reads a PEM file.
    ///
    /// # Errors
    /// In words: it cannot be read, or holds no certificate.
    pub fn open(path: &Path) -> Result<Self, String> {
        let certificates = CertificateDer::pem_file_iter(path).map_err(|e| e.to_string())?;
        let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())?;
        for certificate in &certificates {
            Certificate::from_der(certificate).map_err(|e| e.to_string())?;
        }
        if certificates.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(Self(certificates)) }
    }
}

/// Checks an answer and returns when it says that it was, in milliseconds since 1970 UTC.
///
/// Without `roots`, only that it fits together: by whose certificate, is for whoever relies on it to judge.
///
/// # Errors
/// See [`TspError`].
pub fn check(answer: &[u8], query: &Query, roots: Option<&Roots>) -> Result<i64, TspError> {
    if answer.len() > LARGEST {
        return Err(TspError::TooLarge);
    }
    let answer = TimeStampResp::from_der(answer).map_err(malformed)?;
    if !matches!(answer.status.status, PkiStatus::Accepted | PkiStatus::GrantedWithMods) {
        return Err(TspError::Refused(format!("{:?}", answer.status.status)));
    }
    let token = answer.time_stamp_token.ok_or_else(|| TspError::Malformed("there is no token in it".to_owned()))?;
    if token.content_type != SIGNED_DATA {
        return Err(TspError::Malformed("its token is not signed".to_owned()));
    }
    let signed: SignedData = token.content.decode_as().map_err(malformed)?;
    let content = signed.encap_content_info.econtent.as_ref();
    let content =
        content.filter(|c| c.tag() == Tag::OctetString && signed.encap_content_info.econtent_type == TST_INFO);
    let content = content.ok_or_else(|| TspError::Malformed("its token stamps nothing".to_owned()))?.value();
    let info = TstInfo::from_der(content).map_err(malformed)?;
    let imprint = &info.message_imprint;
    if imprint.hash_algorithm.oid != SHA256 || imprint.hashed_message.as_bytes() != query.imprint {
        return Err(TspError::Imprint);
    }
    if info.nonce.as_ref() != Some(&query.nonce) {
        return Err(TspError::Nonce);
    }
    let at = info.gen_time.to_unix_duration();
    let signer = match signed.signer_infos.0.as_slice() {
        [one] => one,
        _ => return Err(TspError::Malformed("it has not one signer".to_owned())),
    };
    let certificates = certificates(&signed)?;
    let (certificate, der) = certificates.iter().find(|(c, _)| is_of(c, signer)).ok_or(TspError::Certificate)?;
    purpose(certificate, at)?;
    signature(signer, content, der)?;
    if let Some(roots) = roots {
        let others: Vec<_> = certificates.iter().map(|(_, der)| der.clone()).collect();
        trust(der, &others, at, roots)?;
    }
    i64::try_from(at.as_millis()).map_err(|_| TspError::Malformed("its time is none".to_owned()))
}

type Certified = (Certificate, CertificateDer<'static>);

fn certificates(signed: &SignedData) -> Result<Vec<Certified>, TspError> {
    let all = signed.certificates.iter().flat_map(|set| set.0.iter());
    all.filter_map(|choice| match choice {
        CertificateChoices::Certificate(c) => Some(c),
        CertificateChoices::Other(_) => None,
    })
    .map(|c| Ok((c.clone(), CertificateDer::from(c.to_der().map_err(malformed)?))))
    .collect()
}

fn is_of(certificate: &Certificate, signer: &SignerInfo) -> bool {
    let body = &certificate.tbs_certificate;
    match &signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            body.issuer == id.issuer && body.serial_number == id.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            body.get::<SubjectKeyIdentifier>().ok().flatten().is_some_and(|(_, own)| own == *id)
        }
    }
}

/// RFC 3161, 2.3: critical, and for nothing else.
fn purpose(certificate: &Certificate, at: Duration) -> Result<(), TspError> {
    let body = &certificate.tbs_certificate;
    let usage = body.get::<ExtendedKeyUsage>().map_err(malformed)?;
    let valid = &body.validity;
    let from = valid.not_before.to_unix_duration();
    let until = valid.not_after.to_unix_duration();
    match usage {
        Some((true, usage)) if usage.0 == [TIME_STAMPING] && (from..=until).contains(&at) => Ok(()),
        _ => Err(TspError::Purpose),
    }
}

/// RFC 5652, 5.4 and 5.6: the attributes name the content by its digest, and the signature is over the attributes.
fn signature(signer: &SignerInfo, content: &[u8], der: &CertificateDer<'_>) -> Result<(), TspError> {
    let (digest_of, candidates) = algorithms(signer)?;
    let attributes = signer.signed_attrs.as_ref().ok_or(TspError::Signature)?;
    let kind: ObjectIdentifier = attribute(attributes, CONTENT_TYPE)?;
    let digested: OctetString = attribute(attributes, MESSAGE_DIGEST)?;
    if kind != TST_INFO || digested.as_bytes() != digest(digest_of, content).as_ref() {
        return Err(TspError::Signature);
    }
    if !names(attributes, der)? {
        return Err(TspError::Certificate);
    }
    let bytes = attributes.to_der().map_err(malformed)?;
    let certificate = EndEntityCert::try_from(der).map_err(|e| TspError::Malformed(e.to_string()))?;
    let fits = |alg: &&dyn SignatureVerificationAlgorithm| {
        certificate.verify_signature(*alg, &bytes, signer.signature.as_bytes()).is_ok()
    };
    if candidates.iter().any(fits) { Ok(()) } else { Err(TspError::Signature) }
}

type Candidates = &'static [&'static dyn SignatureVerificationAlgorithm];

/// The digest, and the signatures that may be over it: which of them, says the certificate's key.
fn algorithms(signer: &SignerInfo) -> Result<(&'static digest::Algorithm, Candidates), TspError> {
    static OVER_256: Candidates = &[algs::RSA_PKCS1_2048_8192_SHA256, algs::ECDSA_P256_SHA256, algs::ECDSA_P384_SHA256];
    static OVER_384: Candidates = &[algs::RSA_PKCS1_2048_8192_SHA384, algs::ECDSA_P256_SHA384, algs::ECDSA_P384_SHA384];
    static OVER_512: Candidates = &[algs::RSA_PKCS1_2048_8192_SHA512, algs::ED25519];
    match signer.digest_alg.oid {
        SHA256 => Ok((&digest::SHA256, OVER_256)),
        SHA384 => Ok((&digest::SHA384, OVER_384)),
        SHA512 => Ok((&digest::SHA512, OVER_512)),
        other => Err(TspError::Algorithm(other.to_string())),
    }
}

fn attribute<T: for<'a> der::Decode<'a>>(all: &Attributes, oid: ObjectIdentifier) -> Result<T, TspError> {
    let value = optional(all, oid)?.ok_or(TspError::Signature)?;
    T::from_der(&value).map_err(malformed)
}

/// The only value of an attribute.
fn optional(all: &Attributes, oid: ObjectIdentifier) -> Result<Option<Vec<u8>>, TspError> {
    let mut found = all.iter().filter(|a| a.oid == oid);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(one), None) if one.values.len() == 1 => {
            one.values.get(0).map(|value| value.to_der().map_err(malformed)).transpose()
        }
        _ => Err(TspError::Signature),
    }
}

/// ESSCertID (RFC 2634).
#[derive(Sequence)]
struct CertId {
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

#[derive(Sequence)]
struct CertIds {
    all: Vec<CertId>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// ESSCertIDv2 (RFC 5035); the algorithm is SHA-256 where none stands.
#[derive(Sequence)]
struct CertIdV2 {
    #[asn1(optional = "true")]
    algorithm: Option<AlgorithmIdentifierOwned>,
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

#[derive(Sequence)]
struct CertIdsV2 {
    all: Vec<CertIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// Whether what was signed names this certificate as the signer's (RFC 3161, 2.4.2; RFC 5816).
fn names(attributes: &Attributes, der: &CertificateDer<'_>) -> Result<bool, TspError> {
    if let Some(value) = optional(attributes, SIGNING_CERTIFICATE_V2)? {
        let ids = CertIdsV2::from_der(&value).map_err(malformed)?;
        let Some(first) = ids.all.first() else { return Ok(false) };
        let algorithm = match first.algorithm.as_ref().map(|a| a.oid) {
            None | Some(SHA256) => &digest::SHA256,
            Some(SHA384) => &digest::SHA384,
            Some(SHA512) => &digest::SHA512,
            Some(other) => return Err(TspError::Algorithm(other.to_string())),
        };
        return Ok(first.hash.as_bytes() == digest(algorithm, der).as_ref());
    }
    let Some(value) = optional(attributes, SIGNING_CERTIFICATE)? else { return Ok(false) };
    let ids = CertIds::from_der(&value).map_err(malformed)?;
    // The older attribute has no other algorithm; what it guards against is another certificate for the same key.
    let sha1 = digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    Ok(ids.all.first().is_some_and(|first| first.hash.as_bytes() == sha1.as_ref()))
}

fn trust(der: &CertificateDer<'_>, others: &[CertificateDer<'_>], at: Duration, roots: &Roots) -> Result<(), TspError> {
    if roots.0.iter().any(|root| root == der) {
        return Ok(());
    }
    let untrusted = |e: webpki::Error| TspError::Untrusted(e.to_string());
    // One in the file that is no authority helps nobody else.
    let anchors: Vec<_> = roots.0.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    let certificate = EndEntityCert::try_from(der).map_err(untrusted)?;
    let (time, usage) = (UnixTime::since_unix_epoch(at), KeyUsage::required(TIME_STAMPING_BYTES));
    certificate
        .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, others, time, usage, None, None)
        .map(|_| ())
        .map_err(untrusted)
}

#[cfg(test)]
pub(crate) mod authority;
#[cfg(test)]
mod tests;
