//! Transactions: their isolation, and those that lose against others.

use grantor_store::{Applied, PutOutcome, Store};
use grantor_store_postgres::PostgresStore;
use grantor_testservers::Postgres;

use crate::{administrator, block_on, creation, runtime};

#[test]
fn a_statement_is_read_committed_whatever_the_server_has() {
    let settings = ["default_transaction_isolation=serializable"];
    let server = Postgres::start_with(&settings).unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        let administrator = administrator(&server.url()).await;
        let others = administrator.query_one("SHOW transaction_isolation", &[]);
        assert_eq!(others.await.unwrap().get::<_, &str>(0), "serializable");
        let note = "
            CREATE TABLE noted (isolation text);
            CREATE FUNCTION note() RETURNS trigger AS $$ BEGIN
                INSERT INTO noted VALUES (current_setting('transaction_isolation'));
                RETURN NEW;
            END $$ LANGUAGE plpgsql;
            CREATE TRIGGER note BEFORE INSERT ON grantor_records
                FOR EACH ROW EXECUTE FUNCTION note();";
        administrator.batch_execute(note).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let noted = administrator.query_one("SELECT isolation FROM noted", &[]);
        assert_eq!(noted.await.unwrap().get::<_, &str>(0), "read committed");
    });
}

#[test]
fn a_write_that_lost_against_another_transaction_is_tried_again() {
    let server = Postgres::start().unwrap();
    block_on(&runtime(), async {
        let store = PostgresStore::open(&server.url()).await.unwrap();
        let administrator = administrator(&server.url()).await;
        let fails_twice = "
            CREATE SEQUENCE tries;
            CREATE FUNCTION lose() RETURNS trigger AS $$ BEGIN
                IF nextval('tries') <= 2 THEN
                    RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql;
            CREATE TRIGGER lose BEFORE INSERT ON grantor_records
                FOR EACH ROW EXECUTE FUNCTION lose();";
        administrator.batch_execute(fails_twice).await.unwrap();
        assert_eq!(store.put(&creation("a")).await.unwrap(), PutOutcome::Stored);
        let tries = administrator.query_one("SELECT last_value FROM tries", &[]);
        assert_eq!(tries.await.unwrap().get::<_, i64>(0), 3);

        let for_ever = "ALTER SEQUENCE tries MINVALUE -1000 RESTART WITH -1000";
        administrator.batch_execute(for_ever).await.unwrap();
        let error = store.put(&creation("b")).await.unwrap_err();
        assert_eq!(error.applied(), Applied::No, "{error}");
        let tries = administrator.query_one("SELECT last_value FROM tries", &[]);
        assert_eq!(tries.await.unwrap().get::<_, i64>(0), -985);
    });
}
