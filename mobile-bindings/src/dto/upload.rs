//! Photos on their way to the server.

use super::records;

records! {
    /// A header of a request or an answer.
    pub struct HttpHeader {
        /// Its name; upper and lower case are the same.
        pub name: String,
        /// Its value.
        pub value: String,
    }

    /// A request that brings a part of a photo to the server, or asks how far it has come.
    pub struct Upload {
        /// The photo: SHA-256 of its bytes, lower-case hex. Given back with the answer.
        pub sha256: String,
        /// `PATCH` or `HEAD`.
        pub method: String,
        /// `/api/v1/blobs/{sha256}`
        pub path: String,
        /// Beside the device's token, which the host adds.
        pub headers: Vec<HttpHeader>,
        /// The body; empty for `HEAD`.
        pub bytes: Vec<u8>,
        /// How many photos the server is not known to have, this one included: this phone's own, or those of the same file.
        pub photos_left: u32,
        /// How many bytes of them.
        pub bytes_left: i64,
    }

    /// What the answer to an [`Upload`] meant.
    pub struct UploadReport {
        /// The server has all of this photo; its bytes are forgotten here, the record stays.
        pub confirmed: bool,
        /// The server will not take this photo as it is: its kind is not what the record says, or the bytes are not. They
        /// stay on this phone, and are not sent again before it is opened anew.
        pub refused: bool,
        /// Whether there is anything to send right now.
        pub again: bool,
        /// Seconds to wait first, where the server says so.
        pub wait_s: Option<u32>,
        /// How many photos the server is not known to have, as in [`Upload::photos_left`].
        pub photos_left: u32,
        /// How many bytes of them.
        pub bytes_left: i64,
    }
}
