//! The slots of a Redis Cluster: which one a key is in, and what servers say of them.

use std::collections::HashMap;

use redis::Value;

use crate::url::Address;

/// How many there are.
const SLOTS: u16 = 16384;

/// The slot of the key with this name: of what stands between its first braces, if there is
/// something.
pub(crate) fn slot(name: &[u8]) -> u16 {
    let tag = || {
        let open = name.iter().position(|byte| *byte == b'{')?;
        let rest = name.get(open + 1..)?;
        let length = rest.iter().position(|byte| *byte == b'}')?;
        rest.get(..length).filter(|tag| !tag.is_empty())
    };
    crc16(tag().unwrap_or(name)) % SLOTS
}

/// CRC-16/XMODEM, which the specification of Redis Cluster names.
pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
    }
    crc
}

/// Slots from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range(u16, u16);

impl Range {
    pub(crate) fn has(self, slot: u16) -> bool {
        (self.0..=self.1).contains(&slot)
    }
}

/// Reads the answer to `CLUSTER SLOTS` of the server at `asked`: the primary of each range. None if
/// it is no such answer.
pub(crate) fn read(answer: &Value, asked: &Address) -> Option<Vec<(Range, Address)>> {
    let one = |range: &Value| {
        let [from, to, primary, ..] = items(range)? else {
            return None;
        };
        let [host, port, ..] = items(primary)? else {
            return None;
        };
        let host = match text(host) {
            Some(host) if !host.is_empty() && host != "?" => host,
            // It does not know by which name it was reached.
            _ => asked.host()?.to_owned(),
        };
        let address = Address::Tcp(host, number(port)?);
        Some((Range(number(from)?, number(to)?), address))
    };
    items(answer)?.iter().map(one).collect()
}

fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u16> {
    match value {
        Value::Int(number) => u16::try_from(*number).ok(),
        _ => None,
    }
}

/// How many replicas the primary with the fewest has, by the answer to `CLUSTER NODES`: those that
/// are down too, as one that is down may come back.
pub(crate) fn fewest_replicas(nodes: &str) -> usize {
    let mut replicas: HashMap<&str, usize> = HashMap::new();
    let mut primaries = Vec::new();
    for line in nodes.lines() {
        let mut words = line.split(' ');
        let (id, flags, primary) = (words.next(), words.nth(1), words.next());
        let (Some(id), Some(flags), Some(primary)) = (id, flags, primary) else {
            continue;
        };
        let is = |wanted: &str| flags.split(',').any(|flag| flag == wanted);
        // The address before, the times and the link after; then its slots.
        let has_slots = words.nth(4).is_some();
        if is("slave") {
            *replicas.entry(primary).or_default() += 1;
        } else if is("master") && has_slots {
            primaries.push(id);
        }
    }
    let counts = primaries
        .iter()
        .map(|id| replicas.get(id).copied().unwrap_or(0));
    counts.min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_the_slot_that_redis_says() {
        // The check value of the specification, and what `CLUSTER KEYSLOT` of Redis 7.0.15 answers.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        for (name, found) in [
            (&b"foo"[..], 12182),
            (b"{user1000}.following", 3443),
            (b"{user1000}.followers", 3443),
            (b"foo{}{bar}", 8363),
            (b"foo{{bar}}zap", 4015),
            (b"foo{bar}{zap}", 5061),
            (b"", 0),
        ] {
            assert_eq!(slot(name), found, "{name:?}");
        }
    }

    #[test]
    fn ranges_and_their_primaries_are_read() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let server = |host: Value, port| Value::Array(vec![host, Value::Int(port), text("id")]);
        let range = |from, to, primary| {
            let replica = server(text("10.0.0.9"), 9);
            Value::Array(vec![Value::Int(from), Value::Int(to), primary, replica])
        };
        let asked = Address::Tcp("seed".to_owned(), 1);
        let answer = Value::Array(vec![
            range(0, 8191, server(text("10.0.0.1"), 7000)),
            range(8192, 16383, server(Value::Nil, 7001)),
        ]);
        let found = read(&answer, &asked).unwrap();
        let at = |host: &str, port| Address::Tcp(host.to_owned(), port);
        let wanted = [
            (Range(0, 8191), at("10.0.0.1", 7000)),
            (Range(8192, 16383), at("seed", 7001)),
        ];
        assert_eq!(found, wanted);
        assert!(found[0].0.has(8191) && !found[0].0.has(8192));
        assert_eq!(read(&Value::Nil, &asked), None);
        let strange = Value::Array(vec![range(0, 70_000, server(Value::Nil, 1))]);
        assert_eq!(read(&strange, &asked), None);
    }

    #[test]
    fn replicas_are_counted_of_primaries_with_slots_also_when_they_are_down() {
        let nodes = "\
a 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-8191
b 127.0.0.1:3@4 master - 0 0 2 connected 8192-16383
c 127.0.0.1:5@6 slave a 0 0 1 connected
d 127.0.0.1:7@8 slave,fail b 0 0 2 disconnected
e 127.0.0.1:9@1 slave b 0 0 2 connected
f 127.0.0.1:2@1 master,fail - 0 0 3 disconnected
";
        assert_eq!(fewest_replicas(nodes), 1);
        assert_eq!(fewest_replicas(&nodes.replace("slave a", "slave b")), 0);
        assert_eq!(fewest_replicas(""), 0);
    }
}
