//! The macros that run one statement on either database.

/// `db_execute!(tx, SQL, bind, …)`: runs a statement and returns how many rows it touched.
#[macro_export]
macro_rules! db_execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let sql = $crate::store::Sql::from($sql);
        match $tx {
            $crate::store::Tx::Sqlite(tx) => $crate::store::sqlx::query(sql.sqlite)$(.bind($bind))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()).map_err($crate::store::StoreError::from),
            $crate::store::Tx::Postgres(tx) => $crate::store::sqlx::query(sql.postgres)$(.bind($bind))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()).map_err($crate::store::StoreError::from),
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! db_fetch {
    ($fetch:ident, $row:ty, $tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let sql = $crate::store::Sql::from($sql);
        match $tx {
            $crate::store::Tx::Sqlite(tx) => $crate::store::sqlx::query_as::<_, $row>(sql.sqlite)$(.bind($bind))*
                .$fetch(&mut **tx).await.map_err($crate::store::StoreError::from),
            $crate::store::Tx::Postgres(tx) => $crate::store::sqlx::query_as::<_, $row>(sql.postgres)$(.bind($bind))*
                .$fetch(&mut **tx).await.map_err($crate::store::StoreError::from),
        }
    }};
}

/// `db_all!(Row, tx, SQL, bind, …)`: every row as `Row` (a tuple or a `FromRow` struct).
#[macro_export]
macro_rules! db_all { ($($t:tt)*) => { $crate::db_fetch!(fetch_all, $($t)*) }; }

/// `db_one!(Row, tx, SQL, bind, …)`: the only row.
#[macro_export]
macro_rules! db_one { ($($t:tt)*) => { $crate::db_fetch!(fetch_one, $($t)*) }; }

/// `db_optional!(Row, tx, SQL, bind, …)`: the row, if there is one.
#[macro_export]
macro_rules! db_optional { ($($t:tt)*) => { $crate::db_fetch!(fetch_optional, $($t)*) }; }

/// `with_ids!("… WHERE id IN ", " ORDER BY …")`: a [`Sql`](crate::store::Sql) with a list of UUIDs put between the two
/// halves. The list is bound as `$1`, made by [`ids_json`](crate::store::bulk::ids_json): one bind however long it is.
#[macro_export]
macro_rules! with_ids {
    ($before:literal, $after:literal) => {
        $crate::store::Sql {
            sqlite: concat!($before, "(SELECT unhex(value, '-') FROM json_each($1))", $after),
            postgres: concat!($before, "(SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb))", $after),
        }
    };
}
