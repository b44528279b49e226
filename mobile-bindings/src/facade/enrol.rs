//! Making this phone known to the server.

use super::{DEVICE_KEY, Phone, Ticket};
use crate::dto::{EnrolmentRequest, Identity, ToSign, id};
use crate::error::PhoneError;
use sync_core::crypto::{Alg, PublicKey, SoftwareKey};
use sync_core::ids::UserId;
use sync_core::phone::{self as engine, Write};

/// What proves that a device holds its key.
pub(super) fn challenge(user: UserId, key: &PublicKey) -> Vec<u8> {
    format!("countersign device enrolment v1\n{user}\n{}\n{}", key.alg.as_str(), key.key).into_bytes()
}

/// A key whose holder has yet to prove that they hold it.
pub(super) struct Claim {
    user: UserId,
    key: PublicKey,
}

/// The request that makes a device known.
pub(super) fn request(name: &str, key: &PublicKey, proof: &[u8]) -> EnrolmentRequest {
    let body = serde_json::json!({ "name": name, "public_key": key, "proof": hex::encode(proof) });
    EnrolmentRequest { path: "/api/v1/devices".into(), body: body.to_string() }
}

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// Who this phone is; `None` before it is enrolled.
    ///
    /// # Errors
    /// `store_closed`, or when the store failed before and cannot be opened again.
    pub fn identity(&self) -> Result<Option<Identity>, PhoneError> {
        Ok(self.state()?.engine.as_ref().map(|e| e.identity().into()))
    }

    /// The first half of enrolling: what the engineer, logged in, posts to the server. `user` is their id
    /// (`/api/v1/auth/me`), `device_name` what they call the phone. Makes the device's key where there is none yet; it
    /// is on disk before this returns, so that asking again after a crash enrols the same device.
    ///
    /// # Errors
    /// `enrolled_already`, `bad_id`, `host_failed`, `store_failed`.
    pub fn begin_enrolment(&self, user: String, device_name: String) -> Result<EnrolmentRequest, PhoneError> {
        let user: UserId = id(&user)?;
        let (key, proof) = match &self.host.signer {
            Some(_) => {
                self.not_yet_enrolled()?;
                let key = self.platform_key()?;
                let proof = self.platform_signs(&key, challenge(user, &key))?;
                (key, proof)
            }
            None => {
                let seed = self.host.secret()?;
                let mut state = self.state()?;
                if state.engine.is_some() {
                    return Err(PhoneError::refused("enrolled_already", &[]));
                }
                if state.software_key.is_none() {
                    state.disk.write(&[Write::Put(DEVICE_KEY.into(), seed.to_vec())])?;
                    state.software_key = Some(SoftwareKey::from_seed(*seed));
                }
                let key = state.software_key.as_ref().ok_or_else(|| PhoneError::refused("host_signs", &[]))?;
                (key.public(), key.sign(&challenge(user, &key.public())).to_vec())
            }
        };
        Ok(request(&device_name, &key, &proof))
    }

    /// [`Phone::begin_enrolment`] for platforms that sign in their own time (WebCrypto): what the device's key must sign.
    ///
    /// # Errors
    /// `enrolled_already`, `bad_id`, `host_signs` without a signer, `host_failed`.
    pub fn prepare_enrolment(&self, user: String) -> Result<ToSign, PhoneError> {
        let user: UserId = id(&user)?;
        self.not_yet_enrolled()?;
        let key = self.platform_key()?;
        let message = challenge(user, &key);
        Ok(ToSign { ticket: self.state()?.ticket(Ticket::Enrolment(Box::new(Claim { user, key }))), message })
    }

    /// With the signature, the request of [`Phone::begin_enrolment`].
    ///
    /// # Errors
    /// `bad_signature`, also when the ticket is none, or was used.
    pub fn seal_enrolment(
        &self,
        ticket: u32,
        signature: Vec<u8>,
        device_name: String,
    ) -> Result<EnrolmentRequest, PhoneError> {
        let Some(Ticket::Enrolment(claim)) = self.state()?.tickets.remove(&ticket) else {
            return Err(PhoneError::refused("bad_signature", &[]));
        };
        let proof = checked(&claim.key, &challenge(claim.user, &claim.key), signature)?;
        Ok(request(&device_name, &claim.key, &proof))
    }

    /// The second half: the server's answer gave the device its id. `user` as before, `engineer_name` as it will stand on
    /// receipts.
    ///
    /// # Errors
    /// `enrolled_already`, `bad_id`, `host_failed`, `store_failed`.
    pub fn finish_enrolment(
        &self,
        user: String,
        engineer_name: String,
        device: String,
    ) -> Result<Identity, PhoneError> {
        let (user, device) = (id(&user)?, id(&device)?);
        let platform = self.host.signer.as_ref().map(|_| self.platform_key()).transpose()?;
        let mut state = self.state()?;
        if state.engine.is_some() {
            return Err(PhoneError::refused("enrolled_already", &[]));
        }
        let key = match (&platform, &state.software_key) {
            (Some(key), _) => key.clone(),
            (None, Some(key)) => key.public(),
            (None, None) => return Err(PhoneError::refused("not_enrolled", &[])),
        };
        let identity = engine::Identity { device, user, name: engineer_name, key };
        let (engine, writes) = engine::Phone::enrol(identity, state.software_key.clone());
        state.disk.write(&writes)?;
        let identity = engine.identity().into();
        state.engine = Some(engine);
        Ok(identity)
    }
}

impl Phone {
    fn not_yet_enrolled(&self) -> Result<(), PhoneError> {
        match self.state()?.engine {
            Some(_) => Err(PhoneError::refused("enrolled_already", &[])),
            None => Ok(()),
        }
    }

    fn platform_key(&self) -> Result<PublicKey, PhoneError> {
        let signer = self.host.signer.as_ref().ok_or_else(|| PhoneError::refused("host_signs", &[]))?;
        let key = PublicKey { alg: Alg::ES256, key: hex::encode(signer.public_key()?) };
        key.check().map_err(|e| PhoneError::host(e.to_string()))?;
        Ok(key)
    }

    /// The platform's signature over `message`, as 64 bytes; checked, so that a wrong one is never recorded.
    pub(super) fn platform_signs(&self, key: &PublicKey, message: Vec<u8>) -> Result<Vec<u8>, PhoneError> {
        let signer = self.host.signer.as_ref().ok_or_else(|| PhoneError::refused("host_signs", &[]))?;
        checked(key, &message, signer.sign(message.clone())?)
    }
}

/// A signature as it is recorded, when it fits: 64 bytes, from those or from the DER form.
pub(super) fn checked(key: &PublicKey, message: &[u8], signature: Vec<u8>) -> Result<Vec<u8>, PhoneError> {
    let signature = match p256::ecdsa::Signature::from_der(&signature) {
        Ok(der) if key.alg == Alg::ES256 => der.to_bytes().to_vec(),
        _ => signature,
    };
    key.verify(message, &signature).map_err(|_| PhoneError::refused("bad_signature", &[]))?;
    Ok(signature)
}
