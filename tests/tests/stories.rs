//! Stories through real phones and a real server.

mod stories {
    pub mod smoke;
}
