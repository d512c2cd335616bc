//! The scripts: each decides and writes one key, and nothing comes between.

use redis::{Pipeline, Script};

/// The argument of a script for "whatever is stored". No version is so short.
pub(crate) const ANY: &[u8] = b"*";

/// The scripts of a store.
pub(crate) struct Scripts {
    pub(crate) put: Script,
    pub(crate) remove: Script,
    pub(crate) delete: Script,
    pub(crate) count: Script,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            put: Script::new(PUT),
            remove: Script::new(REMOVE),
            delete: Script::new(DELETE),
            count: Script::new(COUNT),
        }
    }
}

/// Has a server read all scripts, so that the first operations need not.
pub(crate) fn load() -> Pipeline {
    let mut request = Pipeline::with_capacity(4);
    for text in [PUT, REMOVE, DELETE, COUNT] {
        request.cmd("SCRIPT").arg("LOAD").arg(text);
    }
    request
}

/// ARGV: the version expected (empty: none stored), the record, which begins with its version, and
/// when Redis deletes it (`PX` or `PXAT` and a number; missing: never). 1: stored. 0: a conflict. A put that is repeated writes
/// again: a wait for replicas is for the last write of the connection.
const PUT: &str = "
local stored = redis.call('GETRANGE', KEYS[1], 0, 15)
if stored ~= ARGV[1] and ARGV[1] ~= '*' and stored ~= string.sub(ARGV[2], 1, 16) then return 0 end
if ARGV[3] then
  redis.call('SET', KEYS[1], ARGV[2], ARGV[3], ARGV[4])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1";

/// ARGV: the version expected. 1: removed. 0: a conflict. 2: there was none.
const REMOVE: &str = "
local stored = redis.call('GETRANGE', KEYS[1], 0, 15)
if stored == '' then return 2 end
if ARGV[1] ~= '*' and stored ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1";

/// ARGV: how the record begins. It is deleted if it still does.
const DELETE: &str = "
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])";

/// ARGV: what to add, how long Redis keeps the sum. The sum as a text, since numbers of a script lose
/// their last digits.
const COUNT: &str = "
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'table' then redis.call('SET', KEYS[1], '9223372036854775807') end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('GET', KEYS[1])";
