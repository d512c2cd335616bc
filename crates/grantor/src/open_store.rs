//! Opening a store by its URL.

use std::sync::Arc;

use grantor_store::{Error, MemoryStore, Store};

/// Opens the store that a URL names.
///
/// | URL | feature | store |
/// |---|---|---|
/// | `memory:` | `store` | in this process, gone with it |
/// | `sqlite:PATH` | `sqlite` | a file, created if there is none |
/// | `postgres://USER:PASSWORD@HOST/DATABASE` | `postgres` | [`PostgresStore`](crate::postgres::PostgresStore) |
/// | `mysql://USER:PASSWORD@HOST/DATABASE`, `mariadb://…` | `mysql` | [`MysqlStore`](crate::mysql::MysqlStore) |
/// | `redis://HOST`, `rediss://HOST`, `redis+unix:///PATH` | `redis` | [`RedisStore`](crate::redis::RedisStore) |
/// | `redis+sentinel://SENTINEL,SENTINEL/NAME`, `rediss+sentinel://…` | `redis` | the same, in the primary that sentinels watch |
/// | `redis+cluster://HOST,HOST`, `rediss+cluster://…` | `redis` | the same, in a Redis Cluster |
/// | `memcached://HOST,HOST`, `memcacheds://…` | `memcached` | [`MemcachedStore`](crate::memcached::MemcachedStore) |
/// | `mongodb://USER:PASSWORD@HOST,HOST/DATABASE` | `mongodb` | [`MongodbStore`](crate::mongodb::MongodbStore) |
///
/// ```
/// use grantor::server;
///
/// # async fn run(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
/// let store = grantor::open_store("memory:").await?;
/// let opened = server::open("https://id.example.com", store, folder).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The URL is wrong, or of a store whose feature is off
/// ([`is_configuration`](Error::is_configuration)); the store can't be opened. No message has the
/// password.
pub async fn open_store(url: &str) -> Result<Arc<dyn Store>, Error> {
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    match scheme {
        "memory" if rest.is_empty() => Ok(Arc::new(MemoryStore::new())),
        "sqlite" => sqlite(rest.strip_prefix("//").unwrap_or(rest)),
        "postgres" | "postgresql" => postgres(url).await,
        "mysql" | "mariadb" => mysql(url).await,
        "redis" | "rediss" | "redis+unix" => redis(url).await,
        "redis+sentinel" | "rediss+sentinel" => redis(url).await,
        "redis+cluster" | "rediss+cluster" => redis(url).await,
        "memcached" | "memcacheds" => memcached(url).await,
        "mongodb" => mongodb(url).await,
        _ => Err(Error::configuration(
            "the URL of a store begins with memory:, sqlite:, postgres://, mysql://, mariadb://, \
             mongodb://, redis://, rediss://, redis+unix://, redis+sentinel://, redis+cluster:// or \
             memcached://",
        )),
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &str) -> Result<Arc<dyn Store>, Error> {
    match path {
        "" => Err(Error::configuration("the URL sqlite: has no path")),
        _ if path.contains('?') => Err(Error::configuration(
            "the URL sqlite: takes no parameters: leave out the \"?\" and what follows it, and choose a \
             path without one",
        )),
        _ => Ok(Arc::new(crate::sqlite::SqliteStore::open(path)?)),
    }
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_path: &str) -> Result<Arc<dyn Store>, Error> {
    Err(feature_is_off("sqlite"))
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Arc<dyn Store>, Error> {
    Ok(Arc::new(crate::postgres::PostgresStore::open(url).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_url: &str) -> Result<Arc<dyn Store>, Error> {
    Err(feature_is_off("postgres"))
}

#[cfg(feature = "mysql")]
async fn mysql(url: &str) -> Result<Arc<dyn Store>, Error> {
    Ok(Arc::new(crate::mysql::MysqlStore::open(url).await?))
}

#[cfg(not(feature = "mysql"))]
async fn mysql(_url: &str) -> Result<Arc<dyn Store>, Error> {
    Err(feature_is_off("mysql"))
}

#[cfg(feature = "redis")]
async fn redis(url: &str) -> Result<Arc<dyn Store>, Error> {
    Ok(Arc::new(crate::redis::RedisStore::open(url).await?))
}

#[cfg(not(feature = "redis"))]
async fn redis(_url: &str) -> Result<Arc<dyn Store>, Error> {
    Err(feature_is_off("redis"))
}

#[cfg(feature = "memcached")]
async fn memcached(url: &str) -> Result<Arc<dyn Store>, Error> {
    Ok(Arc::new(crate::memcached::MemcachedStore::open(url).await?))
}

#[cfg(not(feature = "memcached"))]
async fn memcached(_url: &str) -> Result<Arc<dyn Store>, Error> {
    Err(feature_is_off("memcached"))
}

#[cfg(feature = "mongodb")]
async fn mongodb(url: &str) -> Result<Arc<dyn Store>, Error> {
    Ok(Arc::new(crate::mongodb::MongodbStore::open(url).await?))
}

#[cfg(not(feature = "mongodb"))]
async fn mongodb(_url: &str) -> Result<Arc<dyn Store>, Error> {
    Err(feature_is_off("mongodb"))
}

#[cfg(not(all(
    feature = "sqlite",
    feature = "postgres",
    feature = "mysql",
    feature = "redis",
    feature = "memcached",
    feature = "mongodb"
)))]
fn feature_is_off(name: &str) -> Error {
    Error::configuration(format!(
        "this program was built without the feature {name} of grantor, which that store needs"
    ))
}
