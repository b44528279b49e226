//! Stories through real phones and a real server.

mod stories {
    mod cases;
    mod demo;
    mod smoke;
}
