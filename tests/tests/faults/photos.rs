//! The server ends in the middle of a photo, on either side of a commit; so does the phone.

use super::field::{Engineer, rest, scene};
use super::ground::Ground;
use countersign::store::Db;
use countersign_tests::company::begin;
use countersign_tests::{Company, Failure};
use sim_phone::NewPhoto;
use std::time::Duration;
use sync_core::document::facts::Mode;

const POINTS: [&str; 2] = ["blob_in_transaction", "blob_after_commit"];
/// Three parts.
const SIZE: usize = 600_000;

#[test]
fn a_server_that_ends_in_the_middle_of_a_photo_goes_on_where_it_was_on_sqlite() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    every_point(&ground)?;
    ground.clear()
}

#[test]
fn a_server_that_ends_in_the_middle_of_a_photo_goes_on_where_it_was_on_postgres() -> Result<(), Failure> {
    let Some(ground) = Ground::postgres()? else { return Ok(()) };
    every_point(&ground)?;
    ground.clear()
}

fn every_point(ground: &Ground) -> Result<(), Failure> {
    let mut company = Company::found(ground.server("data")?)?;
    let mut team = [Engineer::enrol(&company, "li.na", 31)?];
    let scene = scene(&team[0].sim, 0, 0)?;
    let visit = team[0].sim.begin(begin(&scene.customers[0], None, Mode::OnSite, None))?;
    let (_, mut link) = company.phone("li.na", 32, super::field::START_MS)?;
    let mut photos = Vec::new();
    // At the first part, in the middle, and at the last, which is followed by the look at all of it.
    for (n, (point, count)) in POINTS.iter().flat_map(|p| (1..=3).map(move |count| (p, count))).enumerate() {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0];
        bytes.extend((4..SIZE).map(|at| (at % 253) as u8 ^ n as u8));
        photos.push(bytes.clone());
        let photo = NewPhoto { bytes, media_type: "image/jpeg", caption: format!("{n}"), seal: false };
        team[0].sim.add_photo(visit, photo)?;
        rest(&mut team)?;
        company.server.stop()?;
        company.server.set_variable("COUNTERSIGN_DIE_AT", Some(&format!("{point}:{count}")));
        company.server.run()?;
        let sim = &mut team[0].sim;
        if sim.upload_until_quiet(&mut link, 6)? {
            return Err(format!("{point}:{count}: the server did not end: is it a debug build?").into());
        }
        if !company.server.ends_within(Duration::from_secs(10))? {
            return Err(format!("the server did not end at {point}:{count}").into());
        }
        company.server.set_variable("COUNTERSIGN_DIE_AT", None);
        company.server.run()?;
        // The phone is killed as well: it asks how far the server has come.
        sim.restart()?;
        if !sim.upload_until_quiet(&mut link, 20)? || sim.photos_left() != (0, 0) {
            return Err(format!("{point}:{count}: the photo did not arrive").into());
        }
    }
    let (kept, under_way) = ground.runtime.block_on(async {
        let db = Db::open(&ground.url).await?;
        let mut tx = db.read().await?;
        let (mut kept, mut under_way) = (Vec::new(), 0);
        for photo in &photos {
            let sha256 = sync_core::canonical::sha256_hex(photo);
            kept.push(countersign::blobs::read(&mut tx, &sha256).await?.map(|(_, bytes)| bytes));
            let (left,) =
                countersign::db_one!((i64,), &mut tx, "SELECT COUNT(*) FROM uploads WHERE sha256 = $1", sha256)?;
            under_way += left;
        }
        drop(tx);
        db.close().await;
        Ok::<_, Failure>((kept, under_way))
    })?;
    for (photo, kept) in photos.into_iter().zip(kept) {
        assert!(kept.is_some_and(|bytes| bytes == photo), "what the server holds is what the phone sent");
    }
    assert_eq!(under_way, 0);
    Ok(())
}
